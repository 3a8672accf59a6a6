import { defaultPlan, type Plan, ReverseTracerouteEngine, SIMULATED_ASSUMPTIONS } from '@revtr/engine';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { createRandom } from '@revtr/probing';
import { creditsPerTraceroute } from '@revtr/ripe-atlas';
import { type Size, simParameters } from '@revtr/sim';
import { judgedHops, shareRight } from '../judging/accuracy.ts';
import { judge } from '../judging/judge.ts';
import type { JudgedPair } from '../judging/judged-pair.ts';
import { truthOf } from '../judging/truth.ts';
import { mean, share } from '../statistics/quantiles.ts';
import type { RefreshPolicyUnderTest } from './refresh-policies.ts';
import { type ChangeRates, scheduleChanges } from './routing-changes.ts';

export interface RefreshStudyOptions {
  readonly size: Size;
  readonly seed: number;
  readonly days: number;
  /** Number of reverse traceroutes in an hour. */
  readonly pairsPerHour: number;
  readonly rates: ChangeRates;
}

/** Results of one policy on one day. Shares are from 0 to 1. */
export interface StudyDay {
  /** Share of reverse traceroutes that reach the source. */
  readonly reach: number;
  /** Share of right hops among the hops from the atlas. */
  readonly atlasHopsRight: number;
  /** Share of right hops among all hops. */
  readonly hopsRight: number;
  /** Share of exact AS paths, by the true owners of routers, among the paths that reach the source. */
  readonly asPathsExact: number;
  /** Mean number of probes with IP options in a reverse traceroute. */
  readonly optionProbes: number;
  /** Share of hops that come from the atlas. */
  readonly fromAtlas: number;
  /** Spent RIPE Atlas credits, relative to the credits for one traceroute from each probe. */
  readonly budget: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Number of destinations. Users measure some of them far more often than others. */
const DESTINATIONS = 400;

/**
 * Simulates one refresh policy for some days while routes change and users measure, and judges each day. The same options give
 * the same result.
 */
export async function studyPolicy(policy: RefreshPolicyUnderTest, options: RefreshStudyOptions): Promise<StudyDay[]> {
  const { size, seed, days, pairsPerHour, rates } = options;
  const world = new SimulatedWorld({ parameters: simParameters(size, seed), sources: 1 });
  const { clock } = world.internet;
  const facts = { truth: truthOf(world.internet), ipToAs: world.ipToAs };
  const random = createRandom(seed).fork('refresh-study');
  const plan: Plan = { ...defaultPlan, growsAtlas: true };
  return clock.drive(
    (async () => {
      const network = await world.prepare();
      scheduleChanges(world.internet, rates, days, random.fork('changes'));
      const engine = new ReverseTracerouteEngine({ plan, assumptions: SIMULATED_ASSUMPTIONS }, network);
      const source = world.sources[0].address;
      const origins = world.atlasOrigins();
      const whole = origins.filter(({ platform }) => platform === 'ripeAtlas').length * creditsPerTraceroute(3);
      const wanted = world.randomPairs(DESTINATIONS);
      const asking = random.fork('asking');
      const choosing = random.fork('choosing');
      const start = clock.now();
      const result: StudyDay[] = [];
      for (let day = 0; day < days; day++) {
        const judged: JudgedPair[] = [];
        let spent = 0;
        for (let hour = day * 24; hour < (day + 1) * 24; hour++) {
          const creditsLeft = policy.budget * whole - spent;
          if (hour > 0) spent += await policy.hourly({ source, origins, network, hour, creditsLeft, random: choosing });
          for (let i = 0; i < pairsPerHour; i++) {
            const { destination } = wanted[Math.floor(DESTINATIONS * asking.next() ** 2)];
            judged.push(judge(await engine.measure({ source, destination }), facts));
          }
          const next = start + (hour + 1) * HOUR_MS;
          if (next > clock.now()) await clock.sleep(next - clock.now());
        }
        const oldest = clock.now() - 7 * DAY_MS;
        network.atlas.expire(source, { paths: oldest, unusedTails: oldest });
        result.push(judgeDay(judged, spent / whole));
      }
      return result;
    })(),
  );
}

function judgeDay(pairs: readonly JudgedPair[], budget: number): StudyDay {
  const judged = judgedHops(pairs.flatMap((pair) => pair.hops));
  const ofAtlas = judged.filter(({ technique }) => technique.startsWith('atlas'));
  const reached = pairs.filter((pair) => pair.reached);
  return {
    reach: share(reached.length, pairs.length),
    atlasHopsRight: shareRight(ofAtlas),
    hopsRight: shareRight(judged),
    asPathsExact: share(reached.filter(({ asPathExactByOwners }) => asPathExactByOwners).length, reached.length),
    optionProbes: mean(pairs.map((pair) => pair.optionProbes)),
    fromAtlas: share(ofAtlas.length, judged.length),
    budget,
  };
}
