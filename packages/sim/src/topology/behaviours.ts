import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import type { AsGraph } from './as-graph.ts';
import { Balance, SelfStamp, Stamp, Tunnel } from './topology.ts';

/** Draws one of several values by probability; `otherwise` has the remaining probability. */
function draw(random: Random, shares: readonly (readonly [number, number])[], otherwise: number): number {
  let rest = random.next();
  for (const [share, value] of shares) {
    rest -= share;
    if (rest < 0) return value;
  }
  return otherwise;
}

const fill = (count: number, sample: () => number): Uint8Array => Uint8Array.from({ length: count }, sample);

/** Behaviour columns of all routers. */
export function drawRouterBehaviours(count: number, p: SimParameters, random: Random) {
  const flag = (share: number): Uint8Array => fill(count, () => (random.chance(share) ? 1 : 0));
  const stamps = [
    [p.stampEgress, Stamp.egress],
    [p.stampIngress, Stamp.ingress],
    [p.stampLoopback, Stamp.loopback],
    [p.stampPrivate, Stamp.private],
  ] as const;
  const balances = [
    [p.perFlowBalancing, Balance.perFlow],
    [p.perPacketBalancing, Balance.perPacket],
  ] as const;
  return {
    stamp: fill(count, () => draw(random, stamps, Stamp.none)),
    balance: fill(count, () => draw(random, balances, Balance.none)),
    selfStamp: fill(count, () => drawSelfStamp(p, random.next())),
    silent: flag(p.silentRouter),
    errorFromLoopback: flag(p.errorFromLoopback),
    rateLimited: flag(p.rateLimitedRouter),
    answersPing: flag(p.routerAnswersPing),
    answersOptions: flag(p.routerAnswersOptions),
  };
}

/** Maps a uniform number in [0, 1) to a value of {@link SelfStamp}. */
export function drawSelfStamp(p: SimParameters, uniform: number): number {
  if (uniform < p.destinationNeverStamps) return SelfStamp.never;
  return uniform < p.destinationNeverStamps + p.destinationStampsTwice ? SelfStamp.twice : SelfStamp.once;
}

/** Behaviour columns of all networks. */
export function drawNetworkBehaviours(graph: AsGraph, p: SimParameters, random: Random) {
  const { tiers } = graph;
  return {
    dropsOptions: Uint8Array.from(tiers, (tier) => {
      const share = tier === 3 ? p.stubDropsOptions : tier === 2 ? p.transitDropsOptions : 0;
      return random.chance(share) ? 1 : 0;
    }),
    spoofingAllowed: Uint8Array.from(tiers, () => (random.chance(p.spoofingAllowed) ? 1 : 0)),
    tunnels: Uint8Array.from(tiers, (tier) => {
      const shares = [
        [p.hiddenTunnels, Tunnel.hidden],
        [p.visibleTunnels, Tunnel.visible],
      ] as const;
      return tier === 3 ? Tunnel.none : draw(random, shares, Tunnel.none);
    }),
  };
}
