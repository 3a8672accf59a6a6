import {
  Atlas,
  type AtlasTraceroute,
  collectTails,
  collectTraceroutes,
  type EngineCollaborators,
  IngressRanking,
  type Plan,
  type ReadingFacts,
  type TailStamps,
  type TracerouteOrigin,
  type VantagePointRanking,
} from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import type { Place, SimulatedInternet } from '@revtr/sim';
import type { EvaluatedPlan } from '../units/plans.ts';
import type { PreparationCost } from '../units/unit-result.ts';
import type { EvaluationWorld } from './evaluation-world.ts';
import { runSurvey, type Survey } from './survey.ts';

/** The atlas of every source as one fleet collected it. */
interface CollectedAtlas {
  readonly paths: ReadonlyMap<Ipv4Address, readonly AtlasTraceroute[]>;
  readonly tails: ReadonlyMap<Ipv4Address, readonly TailStamps[]>;
  readonly tracerouteProbes: number;
  readonly atlasOptionProbes: number;
}

const HOUR_MS = 3_600_000;
/** When the survey, the collection of the atlas and the measurements begin, milliseconds after the start of the simulation. */
const ATLAS_AT_MS = 6 * HOUR_MS;
const MEASUREMENTS_AT_MS = 8 * HOUR_MS;
const SURVEY_TARGETS = 2;
const TIMEOUT_MS = 2_000;
/** Traceroutes to one source at once, and pings to the hops of its atlas: more would exceed the rate limits of routers near the source. */
const TRACEROUTES_AT_ONCE = 20;
const PINGS_AT_ONCE = 4;
/** Spoofers asked for a hop that the source does not reach, as in the original. */
const SPOOFERS_PER_HOP = 5;

/** Surveys a world once, and collects the atlas once for each fleet. Every plan then starts with the same knowledge. */
export class Preparation {
  readonly #world: EvaluationWorld;
  readonly #facts: ReadingFacts;
  readonly #startMs: number;
  #survey: Promise<Survey> | undefined;
  readonly #atlases = new Map<number, Promise<CollectedAtlas>>();

  constructor(world: EvaluationWorld) {
    this.#world = world;
    const { aliases, ipToAs, internet } = world.world;
    this.#facts = { aliases, ipToAs, useHeuristics: true };
    this.#startMs = internet.clock.now();
  }

  /** When the first pair is measured, milliseconds since the Unix epoch. */
  get measurementsAt(): number {
    return this.#startMs + MEASUREMENTS_AT_MS;
  }

  /**
   * What an engine needs to measure with a plan and a fleet, on the Internet as it is when the measurements begin.
   */
  async forPlan(
    { plan, needs }: EvaluatedPlan,
    fleet: number,
  ): Promise<{
    readonly internet: SimulatedInternet;
    readonly collaborators: EngineCollaborators;
    readonly cost: PreparationCost;
  }> {
    const internet = this.#world.restart(this.measurementsAt);
    const { aliases, ipToAs, relations, targetPolicy } = this.#world.world;
    const ranking = needs.survey
      ? await this.#rankingOf(plan, fleet, internet)
      : plan.ranking({ vantagePoints: this.#fleet(fleet) }, { ipToAs, clock: internet.clock });
    const collected = needs.atlas === 'none' ? undefined : await this.#atlasOf(fleet);
    const atlas = await this.atlasWith(needs.atlas, fleet);
    const mayProbe = (address: Ipv4Address): boolean => targetPolicy.mayProbe(address);
    const { clock } = internet;
    return {
      internet,
      collaborators: { prober: internet.prober(), clock, atlas, ranking, aliases, ipToAs, relations, mayProbe },
      cost: {
        surveyProbes: needs.survey ? (await this.#surveyed()).probesOf(this.#senders(fleet)) : 0,
        tracerouteProbes: collected?.tracerouteProbes ?? 0,
        atlasOptionProbes: needs.atlas === 'recordRoute' ? (collected?.atlasOptionProbes ?? 0) : 0,
      },
    };
  }

  /** A new atlas with what a fleet collected, or a part of it. */
  async atlasWith(content: EvaluatedPlan['needs']['atlas'], fleet: number): Promise<Atlas> {
    const { aliases, ipToAs, sources } = this.#world.world;
    const atlas = new Atlas({ aliases, ipToAs });
    if (content === 'none') return atlas;
    const { paths, tails } = await this.#atlasOf(fleet);
    for (const { address } of sources)
      atlas.restore(address, paths.get(address) ?? [], content === 'recordRoute' ? (tails.get(address) ?? []) : []);
    return atlas;
  }

  #fleet(size: number): readonly Ipv4Address[] {
    return this.#world.world.vantagePoints.slice(0, size);
  }

  /** Hosts that take part in the survey: the fleet, and the sources for their own pings. */
  #senders(fleet: number): Ipv4Address[] {
    return [...this.#fleet(fleet), ...this.#world.world.sources.map(({ address }) => address)];
  }

  #surveyed(): Promise<Survey> {
    this.#survey ??= (async () => {
      const internet = this.#world.restart(this.#startMs);
      const { clock } = internet;
      const networks = [...Map.groupBy(internet.places.hitlist, (address) => this.#facts.ipToAs.originOf(address))];
      const targets = networks.flatMap(([asn, list]) => (asn === undefined ? [] : [list.slice(0, SURVEY_TARGETS)]));
      const hosts = this.#senders(this.#world.spec.mostVantagePoints);
      const survey = { senders: hosts, networks: targets };
      return clock.drive(runSurvey(survey, { prober: internet.prober(), clock, facts: this.#facts }));
    })();
    return this.#survey;
  }

  async #rankingOf(plan: Plan, fleet: number, { clock }: SimulatedInternet): Promise<VantagePointRanking> {
    const { ipToAs } = this.#world.world;
    const ranking = plan.ranking({ vantagePoints: this.#fleet(fleet) }, { ipToAs, clock });
    await this.#teach(ranking, fleet);
    return ranking;
  }

  async #teach(ranking: VantagePointRanking, fleet: number): Promise<void> {
    // What is to be persisted would otherwise be kept twice.
    const onProgress = (): void => {
      if (ranking instanceof IngressRanking) ranking.takeChanges();
    };
    const survey = await this.#surveyed();
    survey.teach(ranking, { senders: this.#senders(fleet), facts: this.#facts, onProgress });
    onProgress();
  }

  #atlasOf(fleet: number): Promise<CollectedAtlas> {
    const known = this.#atlases.get(fleet) ?? this.#collect(fleet);
    this.#atlases.set(fleet, known);
    return known;
  }

  async #collect(fleet: number): Promise<CollectedAtlas> {
    const internet = this.#world.restart(this.#startMs + ATLAS_AT_MS);
    const { clock, places } = internet;
    const { aliases, ipToAs, sources, targetPolicy } = this.#world.world;
    const prober = internet.prober();
    const atlas = new Atlas({ aliases, ipToAs });
    const vantagePoints = this.#fleet(fleet);
    const ranking = new IngressRanking({ vantagePoints }, { ipToAs, clock });
    await this.#teach(ranking, fleet);
    const mayProbe = (address: Ipv4Address): boolean => targetPolicy.mayProbe(address);
    const network = { prober, clock, atlas, ranking, facts: this.#facts, mayProbe };
    const origins = [
      ...askedProbes(places.atlasProbes, this.#world.spec.atlasProbes).map(
        ({ address }): TracerouteOrigin => ({ address, platform: 'ripeAtlas' }),
      ),
      ...vantagePoints.map((address): TracerouteOrigin => ({ address, platform: 'vantagePoint' })),
    ];
    const begin = clock.now();
    await clock.drive(
      Promise.all(
        sources.map(async ({ address }) => {
          const options = { source: address, spoofersPerHop: SPOOFERS_PER_HOP, timeoutMs: TIMEOUT_MS };
          await collectTraceroutes({ ...options, concurrency: TRACEROUTES_AT_ONCE }, origins, network);
          await collectTails({ ...options, concurrency: PINGS_AT_ONCE }, begin, network);
        }),
      ),
    );
    return {
      paths: new Map(sources.map(({ address }) => [address, atlas.traceroutesTo(address)])),
      tails: new Map(sources.map(({ address }) => [address, [...(atlas.of(address)?.tails() ?? [])]])),
      tracerouteProbes: prober.sent.plain,
      atlasOptionProbes: prober.sent.withOptions,
    };
  }
}

/** The probes that send traceroutes for the atlas: all, or one of each of a share of the networks. */
function askedProbes(probes: readonly Place[], share: number): readonly Place[] {
  if (share >= 1) return probes;
  const networks = [...Map.groupBy(probes, ({ asn }) => asn).values()];
  return networks.slice(0, Math.round(share * networks.length)).map(([first]) => first);
}
