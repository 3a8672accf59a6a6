import { RankingRecords } from '@revtr/storage';
import type { MeasuringSystem } from '../measuring/measuring-system.ts';
import { BackgroundSurvey } from '../survey/background-survey.ts';
import { RankingKeeper } from '../survey/ranking-keeper.ts';
import { followRanking, tellRanking } from '../survey/shared-ranking.ts';
import type { Context } from './context.ts';
import type { RoleDuty } from './duties.ts';
import type { Subsystem } from './subsystem.ts';

const SURVEY_POLL_MS = 10_000;

/** Reads the stored ranking of vantage points, and opens the background survey that extends it. */
export async function openSurvey(
  { database, datasets, clock, random, log, cluster }: Context,
  { system, canRecord }: { readonly system: MeasuringSystem; readonly canRecord: () => boolean },
  options: {
    /** Record Route pings per hour, all vantage points together. */
    readonly probesPerHour: number;
    /** How long the ranking keeps a record after the last answer, days. */
    readonly keptDays: number;
  },
  duty: RoleDuty,
): Promise<{ readonly ranking: Subsystem; readonly survey: Subsystem }> {
  const ranking = system.learnedRanking;
  const { bus, isShared } = cluster;
  const keeper =
    ranking &&
    new RankingKeeper(
      { keptDays: options.keptDays },
      {
        ...{ ranking, records: new RankingRecords(database.db), clock, log },
        ...(isShared && { onStored: (stored) => tellRanking(bus, stored) }),
      },
    );
  await keeper?.open();
  const { engineParts } = system;
  const survey = new BackgroundSurvey(
    { probesPerHour: options.probesPerHour, pollMs: SURVEY_POLL_MS, seed: random.below(2 ** 31) },
    {
      prober: engineParts.prober,
      ranking: engineParts.ranking,
      facts: { aliases: engineParts.aliases, ipToAs: engineParts.ipToAs, useHeuristics: true },
      targets: () => datasets.knowledge.hitlist,
      vantagePoints: () => system.vantagePoints(),
      mayProbe: engineParts.mayProbe,
      canRecord,
      clock: duty.clock,
      log,
    },
  );
  let unfollow = (): void => undefined;
  return {
    ranking: {
      name: 'ranking',
      start: () => {
        if (isShared && ranking !== undefined && keeper !== undefined)
          unfollow = followRanking(bus, ranking, () => keeper.open());
      },
      onAgentsSettled: () => keeper?.start(),
      stop: async () => {
        unfollow();
        await keeper?.stop();
      },
    },
    survey: {
      name: 'survey',
      start: () => undefined,
      onAgentsSettled: () => survey.start(),
      stop: () => survey.stop(),
    },
  };
}
