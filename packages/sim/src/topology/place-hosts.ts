import type { Prefix } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import type { NetworkSpace } from './network-space.ts';
import type { NetworkPlan } from './plan-networks.ts';
import { type HostPrefixTable, NetworkKind } from './topology.ts';

/** The networks whose hosts are placed. */
interface HostNetworks {
  readonly plans: readonly NetworkPlan[];
  readonly space: readonly NetworkSpace[];
  readonly firstRouter: Int32Array;
  readonly kinds: Uint8Array;
}

/** Addresses at the end of a host prefix that gateways do not use, because hosts that measure are placed there. */
const RESERVED = 57;

/** Places the host prefixes of every network behind its routers, and draws how their hosts answer. */
export function placeHosts(
  { plans, space, firstRouter, kinds }: HostNetworks,
  parameters: SimParameters,
  random: Random,
): HostPrefixTable {
  const placement = random.fork('hosts');
  const splitting = random.fork('split-prefixes');
  const prefixes: Prefix[] = [];
  const router: number[] = [];
  const kindOf: number[] = [];
  plans.forEach((plan, i) => {
    const edges = plan.routers.flatMap((r, k) => (r.core ? [] : [k]));
    const candidates = edges.length > 0 ? edges : plan.routers.map((_, k) => k);
    for (const prefix of space[i].hostPrefixes) {
      prefixes.push(prefix);
      router.push(firstRouter[i] + placement.pick(candidates));
      kindOf.push(kinds[i]);
      if (!splitting.chance(parameters.splitPrefixes)) continue;
      const half = { address: prefix.address + 128, length: 25 };
      prefixes[prefixes.length - 1] = { address: prefix.address, length: 25 };
      prefixes.push(half);
      router.push(firstRouter[i] + splitting.pick(candidates));
      kindOf.push(kinds[i]);
    }
  });
  const announced = Uint8Array.from(prefixes, ({ length }) => (placement.chance(0.5) && length === 24 ? 1 : 0));
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
