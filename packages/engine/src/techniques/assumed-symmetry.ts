import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { TracerouteResult, TracerouteStop } from '@revtr/probing';
import { Operators } from '../facts/operators.ts';
import type { Relation } from '../facts/relations.ts';
import { type FailReason, isDeadEnd } from '../measurement/fail-reason.ts';
import type { AssumptionConfidence } from '../path/confidence.ts';
import type { Hop } from '../path/hop.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, nothingFound, type Technique } from './contract/technique.ts';
import { type PenultimateHop, penultimateHop } from './forward-path/penultimate-hop.ts';
import type { ForwardTraceroute } from './forward-path/trace-whole.ts';

/** Options of {@link AssumedSymmetry}. */
export interface AssumedSymmetryOptions {
  /** Whether a hop may be assumed across a border between networks. */
  readonly allowInterdomain: boolean;
  /**
   * Whether the router right before a destination that is a host counts as its gateway, in the destination's network however its
   * address is announced: border routers have addresses of the other network on the link to it.
   */
  readonly trustGateways: boolean;
  /** Whether the routers of a border count as those of the network that operates them, not of the one that announces their address. */
  readonly ownersByRelation: boolean;
  /** Whether a traceroute that did not arrive may still give its last responsive hop. */
  readonly allowIncomplete: boolean;
  /** How the forward path is measured. */
  readonly trace: ForwardTraceroute;
  /** How it is measured from its first hop on, when the end that `trace` measured has only hops that the path has. Default: not at all. */
  readonly traceFurther?: ForwardTraceroute;
  /** How many hops before the last one are tried when the forward path to it shows no new hop. Default 0. */
  readonly earlierTargets?: number;
}

/** The last resort: assumes that the router before the last hop on the forward path follows it on the reverse path. */
export class AssumedSymmetry implements Technique {
  readonly name = 'assumedSymmetry';
  readonly #options: AssumedSymmetryOptions;
  readonly #traceroutes: TracerouteResult[] = [];

  constructor(options: AssumedSymmetryOptions) {
    this.#options = options;
  }

  /** The same technique, with the same traceroutes, for hops inside a network alone. */
  insideNetworks(): Technique {
    return {
      name: this.name,
      extend: (measurement) =>
        this.#extendFrom({ ...measurement, options: { ...measurement.options, allowInterdomainSymmetry: false } }),
    };
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const extension = await this.#extendFrom(measurement);
    const { earlierTargets = 0 } = this.#options;
    if (earlierTargets === 0 || extension.outcome === 'extended' || !isDeadEnd(extension.failReason)) return extension;
    // The hop that precedes an earlier hop on its forward path may still be on the way back from the last one.
    const { path } = measurement;
    const probed = path.hops.filter(({ address }) => measurement.mayProbe(address)).toReversed();
    const targets = probed.slice(0, 1 + earlierTargets).map(({ address }) => address);
    const traceroutes = new Map<Ipv4Address, TracerouteResult>();
    for (const target of targets) {
      const traceroute = await this.#traceOnce(measurement, target);
      traceroutes.set(target, traceroute);
      const hop = penultimateHop(measurement, traceroute, target, { ...this.#options, skipsKnown: true });
      if (hop !== undefined) return this.#assume(measurement, target, { ...hop, adjacent: false });
    }
    // The end of a forward path may begin at the dead end itself.
    for (const [target, traceroute] of traceroutes) {
      const hop = await this.#findFurther(measurement, target, traceroute);
      if (hop !== undefined) return this.#assume(measurement, target, { ...hop, adjacent: false });
    }
    return extension;
  }

  async #extendFrom(measurement: Measurement): Promise<Extension> {
    const { path } = measurement;
    // An address that cannot be probed, such as a private one, is replaced by the last hop before it that can.
    const target = (path.hops.findLast(({ address }) => measurement.mayProbe(address)) ?? path.last).address;
    const known = this.#traceroutes
      .map((traceroute) => penultimateHop(measurement, traceroute, target, this.#options))
      .find((hop) => hop);
    if (known !== undefined) return this.#assume(measurement, target, known);
    if (!measurement.mayProbe(target))
      return nothingFound('the last hop cannot be probed', tracerouteFailed(target, 'private'));
    const traceroute = await this.#trace(measurement, target, this.#options.trace);
    const hop =
      penultimateHop(measurement, traceroute, target, this.#options) ??
      (await this.#findFurther(measurement, target, traceroute));
    if (hop !== undefined) return this.#assume(measurement, target, hop);
    const failed = traceroute.stop === 'completed' ? noSymmetricHop(target) : tracerouteFailed(target, traceroute.stop);
    return nothingFound(failed.message, failed);
  }

  /** The nearest hop on the whole forward path that the path does not have, if `end` is only the end of the forward path. */
  async #findFurther(
    measurement: Measurement,
    target: Ipv4Address,
    end: TracerouteResult,
  ): Promise<PenultimateHop | undefined> {
    const { traceFurther } = this.#options;
    if (traceFurther === undefined || end.stop !== 'completed' || end.hops[0]?.ttl === 1) return undefined;
    return penultimateHop(measurement, await this.#trace(measurement, target, traceFurther), target, this.#options);
  }

  async #traceOnce(measurement: Measurement, target: Ipv4Address): Promise<TracerouteResult> {
    const known = this.#traceroutes.find(({ request }) => request.target === target);
    return known ?? (await this.#trace(measurement, target, this.#options.trace));
  }

  async #trace(measurement: Measurement, target: Ipv4Address, trace: ForwardTraceroute): Promise<TracerouteResult> {
    const { clock, stats } = measurement;
    const startedAt = clock.now();
    const traceroute = await trace(measurement, target);
    stats.symmetryMs += clock.now() - startedAt;
    this.#traceroutes.push(traceroute);
    return traceroute;
  }

  #assume(measurement: Measurement, target: Ipv4Address, hopBefore: PenultimateHop): Extension {
    const { path, clock } = measurement;
    const { address } = hopBefore;
    // Hops behind the target that identify no router may be the assumed hop itself: they do not make it less likely.
    const last = path.hops[path.lastIdentified] ?? path.last;
    const adjacent = hopBefore.adjacent && target === last.address;
    const isGateway = adjacent && this.#options.trustGateways && this.#isHost(measurement, target);
    const isIntradomain = isGateway || this.#isWithinOneNetwork(measurement, hopBefore);
    if (!isIntradomain && !(measurement.options.allowInterdomainSymmetry ?? this.#options.allowInterdomain)) {
      const failed = interdomainSymmetry(target, address);
      return nothingFound(failed.message, failed);
    }
    const relation = relationBetween(measurement, address, target);
    const network = measurement.ipToAs.originOf(address);
    const isOfDestination = network === measurement.ipToAs.originOf(path.hops[0].address);
    const toHop = (router: Ipv4Address): Hop => ({
      address: router,
      technique: isIntradomain ? 'assumedIntradomain' : 'assumedInterdomain',
      trust: 'assumed',
      confidence: confidenceIn(measurement.assumptions, {
        isGateway,
        isIntradomain,
        isOfDestination,
        relation,
        adjacent,
      }),
      evidence: {
        type: 'symmetry',
        target,
        adjacent,
        isGateway,
        ...(isOfDestination && { isOfDestination }),
        ...(router === address && { links: hopBefore.links }),
        ...(relation && { relation }),
        at: clock.now(),
      },
    });
    const detail = `${formatIpv4(address)}, ${isGateway ? 'its gateway' : isIntradomain ? 'in the same network' : 'across a border'}`;
    return {
      outcome: 'extended',
      from: path.hops.length - 1,
      hops: [...hopBefore.unidentified, address].map(toHop),
      detail,
    };
  }

  #isWithinOneNetwork({ path, ipToAs, relations }: Measurement, { address, before }: PenultimateHop): boolean {
    const position = Math.max(0, path.lastIdentified);
    const last = path.hops[position];
    if (!this.#options.ownersByRelation) {
      const network = ipToAs.originOf(last.address);
      return network !== undefined && network === ipToAs.originOf(address);
    }
    const operators = new Operators({ ipToAs, relations });
    const network = operators.onTheWayBack(path.hops[position - 1]?.address, last.address);
    return network !== undefined && network === operators.onTheWayThere(before, address, last.address);
  }

  /** Whether `target` is the destination and nothing says that it is a router: then the router before it is its gateway. */
  #isHost({ path, aliases }: Measurement, target: Ipv4Address): boolean {
    return path.hops[0].address === target && !aliases.hasAlias(target);
  }
}

function relationBetween(
  { ipToAs, relations }: Measurement,
  address: Ipv4Address,
  target: Ipv4Address,
): Relation | undefined {
  const [own, other] = [ipToAs.originOf(address), ipToAs.originOf(target)];
  return own === undefined || other === undefined || own === other ? undefined : relations.relationOf(own, other);
}

function confidenceIn(
  assumptions: AssumptionConfidence,
  hop: {
    readonly isGateway: boolean;
    readonly isIntradomain: boolean;
    readonly isOfDestination: boolean;
    readonly relation: Relation | undefined;
    readonly adjacent: boolean;
  },
): number {
  if (hop.isGateway) return assumptions.gateway;
  const { intradomain, interdomain, notAdjacent } = assumptions;
  const likely = hop.isIntradomain
    ? intradomain[hop.isOfDestination ? 'ofDestination' : 'elsewhere']
    : interdomain[hop.relation ?? 'unknown'];
  return hop.adjacent ? likely : likely * notAdjacent[hop.isIntradomain ? 'intradomain' : 'interdomain'];
}

// The messages are those of the original system, which clients know.

const interdomainSymmetry = (hop: Ipv4Address, before: Ipv4Address): FailReason => ({
  code: 'interdomainSymmetry',
  message: 'Assume symmetry on an interdomain link',
  hop,
  details: { before },
});

const tracerouteFailed = (hop: Ipv4Address, stop: TracerouteStop | 'private'): FailReason => ({
  code: 'tracerouteFailed',
  message: `Traceroute failed when trying to assume symmetric (${stop})`,
  hop,
  details: { stop },
});

const noSymmetricHop = (hop: Ipv4Address): FailReason => ({
  code: 'noSymmetricHop',
  message: 'Failed to find hops for any path.',
  hop,
  details: {},
});
