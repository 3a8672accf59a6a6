import { relationshipsOf } from '@revtr/datasets';
import {
  type Aliases,
  AliasSets,
  type AssumptionConfidence,
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
import { formatIpv4, type Ipv4Address } from '@revtr/net';
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
  /** The simulated Internet, if it exists already. Default: one of `parameters`. */
  readonly internet?: SimulatedInternet;
  /** Start of virtual time, in milliseconds since the Unix epoch. Default: the default of `SimulatedInternet`. */
  readonly startMs?: number;
  /** Number of sources to prepare: the first ones of the simulated Internet whose network the datasets know. */
  readonly sources: number;
  /** Contents of the atlases. Default: `recordRoute`, which means traceroutes and Record Route pings to their hops. */
  readonly atlas?: 'none' | 'traceroutes' | 'recordRoute';
  /** Probabilities of hops that no probe shows on this Internet. Default: those of profile `kind`. */
  readonly assumptions?: AssumptionConfidence;
  /** Receives progress messages. */
  readonly onProgress?: (message: string) => void;
}

interface WorldFacts {
  readonly ipToAs: IpToAs;
  readonly aliases: Aliases;
  readonly relations: Relations;
}

/** Probes that the preparation sent, and the answers it received. */
export interface PreparationReport {
  readonly survey: { readonly probes: number; readonly answers: number };
  readonly atlas: readonly (TailsReport & { readonly traceroutes: number; readonly arrived: number })[];
}

const CONCURRENCY = 2_000;
/** With two targets, the ranking can tell a hop on one path into a network from a hop on all of them. */
const SURVEY_TARGETS_PER_NETWORK = 2;

/**
 * A simulated Internet with the inputs of a reverse traceroute system: datasets, a survey of distances, and an atlas for each
 * source. All inputs come from probes and published datasets. The ground truth is used only to judge results.
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
  readonly assumptions: AssumptionConfidence;
  readonly #options: SimulatedWorldOptions;
  #report: PreparationReport | undefined;

  constructor(options: SimulatedWorldOptions) {
    this.#options = options;
    const { parameters, startMs } = options;
    this.internet =
      options.internet ?? new SimulatedInternet({ parameters, ...(startMs !== undefined && { startMs }) });
    this.prober = this.internet.prober();
    this.data = publishData(this.internet.topology, parameters);
    this.vantagePoints = this.internet.places.vantagePoints.map((place) => place.address);
    const { prefixOrigins, exchangeAddresses } = this.data;
    const members = exchangeAddresses.map(({ address, asn }) => ({ prefix: { address, length: 32 }, asn }));
    this.ipToAs = new PrefixOrigins([...prefixOrigins, ...members]);
    this.aliases = new AliasSets(this.data.aliasSets);
    // Who registers a source knows its network, and would not accept that the datasets have another one.
    const isMapped = ({ address, asn }: Place): boolean => this.ipToAs.originOf(address) === asn;
    this.sources = this.internet.places.sources.filter(isMapped).slice(0, options.sources);
    this.relations = relationsOf(this.data);
    this.targetPolicy = new TargetPolicy();
    this.assumptions = options.assumptions ?? SIMULATED_ASSUMPTIONS;
  }

  /** Report of the last preparation; `undefined` before the first. */
  get report(): PreparationReport | undefined {
    return this.#report;
  }

  /**
   * Surveys distances and collects the atlases. Waits in virtual time: pass the promise to `clock.drive`.
   * @param facts datasets to use; default: those of this world
   * @param plan plan whose ranking is used; default: the default plan
   * @throws {ProbingError} `cancelled` when `signal` fires
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

  /** Origins of the atlas traceroutes: all RIPE Atlas probes and all vantage points. */
  atlasOrigins(): TracerouteOrigin[] {
    const probes = this.internet.places.atlasProbes.map(
      ({ address }): TracerouteOrigin => ({ address, platform: 'ripeAtlas' }),
    );
    return [...probes, ...this.vantagePoints.map((address) => ({ address, platform: 'vantagePoint' as const }))];
  }

  /** Prepares the world for one plan and returns an engine. Engines share no learned state. */
  async engine(plan: Plan): Promise<ReverseTracerouteEngine> {
    return new ReverseTracerouteEngine(
      { plan, assumptions: this.assumptions },
      await this.prepare(undefined, this, plan),
    );
  }

  /**
   * Random pairs of a prepared source and a destination from the hitlist with a known origin network. The same seed and
   * purpose give the same pairs.
   */
  randomPairs(count: number, purpose = 'pairs'): { readonly source: Ipv4Address; readonly destination: Ipv4Address }[] {
    const random = createRandom(this.internet.parameters.seed).fork(purpose);
    const hitlist = this.internet.places.hitlist.filter((address) => this.ipToAs.originOf(address) !== undefined);
    return Array.from({ length: count }, () => ({
      source: random.pick(this.sources).address,
      destination: random.pick(hitlist),
    }));
  }

  /** The pairs of {@link randomPairs} as the API takes them: dotted quads. */
  randomRequests(count: number, purpose?: string): { readonly src: string; readonly dst: string }[] {
    return this.randomPairs(count, purpose).map(({ source, destination }) => ({
      src: formatIpv4(source),
      dst: formatIpv4(destination),
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

const relationsOf = ({ relations }: PublicData): Relations =>
  relationshipsOf(relations.map(({ a, b, isPeering }) => ({ a, b, relation: isPeering ? 'peer' : 'provider' })));
