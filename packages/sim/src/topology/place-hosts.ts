import type { Prefix } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import type { Tier } from './as-graph.ts';
import type { NetworkSpace } from './network-space.ts';
import { depthsOf, type NetworkPlan } from './plan-networks.ts';
import { type HostPrefixTable, NetworkKind } from './topology.ts';

/** The networks whose hosts are placed. */
interface HostNetworks {
  readonly plans: readonly NetworkPlan[];
  readonly space: readonly NetworkSpace[];
  readonly firstRouter: Int32Array;
  readonly kinds: Uint8Array;
  readonly tiers: readonly Tier[];
}

/** Addresses at the end of a host prefix that gateways do not use, because hosts that measure are placed there. */
const RESERVED = 57;

/** Most hosts are near the ends of access lines: each prefix is behind the deepest of this many random routers. */
const PICKS = 4;

/** Places the host prefixes of every network behind its routers, and draws how their hosts answer. */
export function placeHosts(
  { plans, space, firstRouter, kinds, tiers }: HostNetworks,
  parameters: SimParameters,
  random: Random,
): Omit<HostPrefixTable, 'announcement'> {
  const placement = random.fork('hosts');
  const splitting = random.fork('split-prefixes');
  const depth = random.fork('host-depth');
  const dataCentres = random.fork('core-hosts');
  const prefixes: Prefix[] = [];
  const router: number[] = [];
  const kindOf: number[] = [];
  plans.forEach((plan, i) => {
    const edges = plan.routers.flatMap((r, k) => (r.core ? [] : [k]));
    const cores = plan.routers.flatMap((r, k) => (r.core ? [k] : []));
    const candidates = edges.length > 0 ? edges : plan.routers.map((_, k) => k);
    const depths = depthsOf(plan.routers);
    const deepest = (first: number): number => {
      let best = first;
      for (let pick = 1; pick < PICKS; pick++) {
        const other = depth.pick(candidates);
        if (depths[other] > depths[best]) best = other;
      }
      return best;
    };
    const place = (prefix: Prefix, chosen: number): void => {
      prefixes.push(prefix);
      const isAtCore = tiers[i] !== 3 && dataCentres.chance(parameters.coreHosts);
      router.push(firstRouter[i] + (isAtCore ? dataCentres.pick(cores) : deepest(chosen)));
      kindOf.push(kinds[i]);
    };
    for (const prefix of space[i].hostPrefixes) {
      const { address } = prefix;
      const isSplit = splitting.chance(parameters.splitPrefixes);
      place(isSplit ? { address, length: 25 } : prefix, placement.pick(candidates));
      if (isSplit) place({ address: address + 128, length: 25 }, splitting.pick(candidates));
    }
  });
  const announced = Uint8Array.from(prefixes, ({ length }) =>
    placement.chance(parameters.announcedPrefixes) && length === 24 ? 1 : 0,
  );
  const behaviour = random.fork('host-prefix-behaviour');
  const { accessPrefixAnswersPing, otherPrefixAnswersPing, prefixAnswersOptions } = parameters;
  return {
    count: prefixes.length,
    prefixes,
    router: Int32Array.from(router),
    gateway: drawGateways(prefixes, parameters.gatewaysAnywhere, random.fork('gateways')),
    announced,
    answersPing: Uint8Array.from(kindOf, (kind) =>
      behaviour.chance(kind === NetworkKind.access ? accessPrefixAnswersPing : otherPrefixAnswersPing) ? 1 : 0,
    ),
    answersOptions: Uint8Array.from(kindOf, () => (behaviour.chance(prefixAnswersOptions) ? 1 : 0)),
  };
}

/** The first address of a prefix, or anywhere: half of these the last address, the others any. */
function drawGateways(prefixes: readonly Prefix[], anywhere: number, random: Random): Uint32Array {
  return Uint32Array.from(prefixes, ({ address, length }) => {
    const size = 2 ** (32 - length);
    if (!random.chance(anywhere)) return address + 1;
    return random.chance(0.5) ? address + size - 2 : address + 1 + random.below(size - RESERVED);
  });
}
