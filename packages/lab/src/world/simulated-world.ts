import { relationshipsOf } from '@revtr/datasets';
import {
  type Aliases,
  AliasSets,
  Atlas,
  collectTails,
  collectTraceroutes,
  defaultPlan,
  type EngineCollaborators,
  type IpToAs,
  type Plan,
  PrefixOrigins,
  type Relations,
  ReverseTracerouteEngine,
  SIMULATED_ASSUMPTIONS,
  surveyDistances,
  type TailsReport,
  type TracerouteOrigin,
} from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { createRandom, TargetPolicy } from '@revtr/probing';
import {
  type Place,
  type PublicData,
  publishData,
  type SimParameters,
  type SimProber,
  SimulatedInternet,
} from '@revtr/sim';

export interface SimulatedWorldOptions {
  readonly parameters: SimParameters;
  /** Start of virtual time, milliseconds since the Unix epoch. */
  readonly startMs?: number;
  /** How many of the sources are prepared. */
  readonly sources: number;
  /** What the atlases are made of. Default: traceroutes, with Record Route pings to their hops. */
  readonly atlas?: 'none' | 'traceroutes' | 'recordRoute';
  /** Told what is being done, for people. */
  readonly onProgress?: (message: string) => void;
}

interface WorldFacts {
  readonly ipToAs: IpToAs;
  readonly aliases: Aliases;
  readonly relations: Relations;
}

/** What the preparation cost and gave. */
export interface PreparationReport {
  readonly survey: { readonly probes: number; readonly answers: number };
  readonly atlas: readonly (TailsReport & { readonly traceroutes: number; readonly arrived: number })[];
}

const CONCURRENCY = 2_000;
/** Two, so that what only one way into a network has is told from what all have. */
const SURVEY_TARGETS_PER_NETWORK = 2;

/**
 * A simulated Internet with everything a reverse traceroute system needs on it: datasets, a survey of distances, and an
 * atlas for each source. Only probes and datasets feed it; the truth stays with the judges.
 */
export class SimulatedWorld {
  readonly internet: SimulatedInternet;
  readonly prober: SimProber;
  readonly data: PublicData;
  readonly sources: readonly Place[];
  readonly vantagePoints: readonly Ipv4Address[];
  readonly ipToAs: PrefixOrigins;
  readonly aliases: AliasSets;
  readonly relations: Relations;
  readonly targetPolicy: TargetPolicy;
  readonly #options: SimulatedWorldOptions;
  #report: PreparationReport | undefined;

  constructor(options: SimulatedWorldOptions) {
    this.#options = options;
    const { parameters, startMs } = options;
    this.internet = new SimulatedInternet({ parameters, ...(startMs !== undefined && { startMs }) });
    this.prober = this.internet.prober();
    this.data = publishData(this.internet.topology);
    this.sources = this.internet.places.sources.slice(0, options.sources);
    this.vantagePoints = this.internet.places.vantagePoints.map((place) => place.address);
    const { prefixOrigins, exchangeAddresses } = this.data;
    const members = exchangeAddresses.map(({ address, asn }) => ({ prefix: { address, length: 32 }, asn }));
    this.ipToAs = new PrefixOrigins([...prefixOrigins, ...members]);
    this.aliases = new AliasSets(this.data.aliasSets);
    this.relations = relationsOf(this.data);
    this.targetPolicy = new TargetPolicy();
  }

  get report(): PreparationReport | undefined {
    return this.#report;
  }

  /**
   * Surveys distances and collects the atlases, with the datasets of the world or those in `facts`. Takes virtual time: to be
   * driven by the clock.
   */
  async prepare(
    signal?: AbortSignal,
    { ipToAs, aliases, relations }: WorldFacts = this,
    plan: Plan = defaultPlan,
  ): Promise<EngineCollaborators> {
    const { prober } = this;
    const say = this.#options.onProgress ?? (() => undefined);
    const facts = { aliases, ipToAs, useHeuristics: true };
    const { clock } = this.internet;
    const ranking = plan.ranking({ vantagePoints: this.vantagePoints }, { ipToAs, clock });
    const common = { concurrency: CONCURRENCY, timeoutMs: 2_000, ...(signal && { signal }) };
    const targets = this.#surveyTargets();
    say(`surveying the distance from ${this.vantagePoints.length} vantage points to ${targets.length} networks`);
    const vantagePoints = [...this.vantagePoints, ...this.sources.map(({ address }) => address)];
    const survey = await surveyDistances({ vantagePoints, targets, ...common }, { prober, ranking, facts });
    const atlas = new Atlas({ aliases, ipToAs });
    const mayProbe = (address: Ipv4Address): boolean => this.targetPolicy.mayProbe(address);
    const network = { prober, clock, atlas, ranking, aliases, ipToAs, relations, mayProbe };
    const atlases = [];
    for (const { address, hostname } of this.#options.atlas === 'none' ? [] : this.sources) {
      const origins = this.atlasOrigins();
      say(`collecting the atlas of ${hostname}: ${origins.length} traceroutes and Record Route pings to their hops`);
      const options = { source: address, spoofersPerHop: 1, ...common };
      const arrived = await collectTraceroutes(options, origins, network);
      const wantsTails = this.#options.atlas !== 'traceroutes';
      const tails = wantsTails
        ? await collectTails(options, network.clock.now(), { ...network, facts })
        : { hops: 0, recordRoutePings: 0, answered: 0 };
      atlases.push({ traceroutes: origins.length, arrived, ...tails });
    }
    this.#report = { survey, atlas: atlases };
    return network;
  }

  /** Hosts that send traceroutes to the sources. */
  atlasOrigins(): TracerouteOrigin[] {
    const probes = this.internet.places.atlasProbes.map(
      ({ address }): TracerouteOrigin => ({ address, platform: 'ripeAtlas' }),
    );
    return [...probes, ...this.vantagePoints.map((address) => ({ address, platform: 'vantagePoint' as const }))];
  }

  /** An engine for one plan over a world of its own knowledge: what another plan learns does not help it. */
  async engine(plan: Plan): Promise<ReverseTracerouteEngine> {
    return new ReverseTracerouteEngine(
      { plan, assumptions: SIMULATED_ASSUMPTIONS },
      await this.prepare(undefined, this, plan),
    );
  }

  /** Pairs of a prepared source and an announced destination that once answered a ping, by seed and purpose. */
  randomPairs(count: number, purpose = 'pairs'): { readonly source: Ipv4Address; readonly destination: Ipv4Address }[] {
    const random = createRandom(this.internet.parameters.seed).fork(purpose);
    const hitlist = this.internet.places.hitlist.filter((address) => this.ipToAs.originOf(address) !== undefined);
    return Array.from({ length: count }, () => ({
      source: random.pick(this.sources).address,
      destination: random.pick(hitlist),
    }));
  }

  #surveyTargets(): Ipv4Address[] {
    const perNetwork = new Map<number, number>();
    return this.internet.places.hitlist.filter((address) => {
      const network = this.ipToAs.originOf(address);
      if (network === undefined) return false;
      const count = (perNetwork.get(network) ?? 0) + 1;
      perNetwork.set(network, count);
      return count <= SURVEY_TARGETS_PER_NETWORK;
    });
  }
}

function relationsOf({ relations }: PublicData): Relations {
  return relationshipsOf(
    new Map(relations.map(({ a, b, isPeering }) => [`${a} ${b}`, isPeering ? 'peer' : 'provider'])),
  );
}
