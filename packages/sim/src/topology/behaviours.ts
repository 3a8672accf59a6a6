import type { Random } from '@revtr/probing';
import type { SimParameters } from '../parameters/sim-parameters.ts';
import type { AsGraph } from './as-graph.ts';
import { Balance, InitialTtl, Nat, NetworkKind, SecondStamp, SelfStamp, Stamp, TieBreak, Tunnel } from './topology.ts';

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
export function drawRouterBehaviours(networks: Int32Array, p: SimParameters, random: Random) {
  const count = networks.length;
  const flag = (share: number): Uint8Array => fill(count, () => (random.chance(share) ? 1 : 0));
  const errors = random.fork('errors');
  const stamps = [
    [p.stampEgress, Stamp.egress],
    [p.stampIngress, Stamp.ingress],
    [p.stampLoopback, Stamp.loopback],
    [p.stampPrivate, Stamp.private],
    [p.sharedPrivateStamps, Stamp.sharedPrivate],
    [p.stampsByDirection, Stamp.byDirection],
  ] as const;
  const balances = [
    [p.perFlowBalancing, Balance.perFlow],
    [p.perPacketBalancing, Balance.perPacket],
    [p.perAddressBalancing, Balance.perAddresses],
  ] as const;
  const secondStamps = [
    [p.transitStampsTwice, SecondStamp.ingress],
    [p.transitRepeatsStamp, SecondStamp.same],
  ] as const;
  const initialTtls = [
    [p.routersOfTtl64, InitialTtl.both64],
    [p.routersOfTtl128, InitialTtl.both128],
    [p.routersOfEchoTtl64, InitialTtl.echo64],
  ] as const;
  const ttls = random.fork('initial-ttl');
  return {
    stamp: correlateStamps(
      fill(count, () => draw(random, stamps, Stamp.none)),
      networks,
      p,
      random.fork('stamps'),
    ),
    balance: fill(count, () => draw(random, balances, Balance.none)),
    selfStamp: fill(count, () => drawSelfStamp(p, random.next())),
    silent: flag(p.silentRouter),
    errorFromLoopback: flag(p.errorFromLoopback),
    errorFromEgress: fill(count, () => (errors.chance(p.errorFromEgress) ? 1 : 0)),
    rateLimited: flag(p.rateLimitedRouter),
    answersPing: flag(p.routerAnswersPing),
    answersOptions: flag(p.routerAnswersOptions),
    secondStamp: fill(count, () => draw(random, secondStamps, SecondStamp.none)),
    initialTtl: fill(count, () => draw(ttls, initialTtls, InitialTtl.both255)),
    optionsSlowPath: flag(p.optionsSlowPath),
    balancesOptionsByAddress: flag(p.balancesOptionsByAddress),
  };
}

/** Makes networks uniform, except for routers with private addresses, and routers stamp in all networks but those that stamp sometimes. */
function correlateStamps(drawn: Uint8Array, networks: Int32Array, p: SimParameters, random: Random): Uint8Array {
  let isUniform = false;
  let always = 0;
  return drawn.map((stamp, router) => {
    if (router === 0 || networks[router] !== networks[router - 1]) {
      isUniform = random.chance(p.uniformStamps) && !isPrivate(stamp);
      always = random.chance(p.sometimesStamps) ? Stamp.none : stampedBy(stamp);
    }
    if (always === Stamp.none) return stamp;
    return isUniform && !isPrivate(stamp) ? always : stampedBy(stamp);
  });
}

const isPrivate = (stamp: number): boolean => stamp === Stamp.private || stamp === Stamp.sharedPrivate;

const stampedBy = (stamp: number): number => (stamp === Stamp.none ? Stamp.egress : stamp);

/** Maps a uniform number in [0, 1) to a value of {@link SelfStamp}. */
export function drawSelfStamp(p: SimParameters, uniform: number): number {
  if (uniform < p.destinationNeverStamps) return SelfStamp.never;
  const once = p.destinationNeverStamps + p.destinationStampsTwice;
  if (uniform < once) return SelfStamp.twice;
  return uniform < once + p.destinationStampsAlias ? SelfStamp.alias : SelfStamp.once;
}

/** Behaviour columns of all networks. */
export function drawNetworkBehaviours(graph: AsGraph, kinds: Uint8Array, p: SimParameters, random: Random) {
  const { tiers } = graph;
  const ties = random.fork('tie-breaks');
  const tieBreaks = [
    [p.closestExits, TieBreak.closestExit],
    [p.lowestNumbers, TieBreak.lowestNumber],
  ] as const;
  return {
    dropsOptions: Uint8Array.from(tiers, (tier, i) => {
      const stub = kinds[i] === NetworkKind.enterprise ? p.enterpriseDropsOptions : p.stubDropsOptions;
      const share = tier === 3 ? stub : tier === 2 ? p.transitDropsOptions : 0;
      return random.chance(share) ? 1 : 0;
    }),
    spoofingAllowed: Uint8Array.from(tiers, (tier) =>
      random.chance(tier === 3 ? p.spoofingAllowed : p.transitSpoofingAllowed) ? 1 : 0,
    ),
    tunnels: Uint8Array.from(tiers, (tier) => {
      const shares = [
        [p.hiddenTunnels, Tunnel.hidden],
        [p.visibleTunnels, Tunnel.visible],
      ] as const;
      return tier === 3 ? Tunnel.none : draw(random, shares, Tunnel.none);
    }),
    reroutingTunnels: Uint8Array.from(tiers, (tier) => (tier !== 3 && random.chance(p.reroutingTunnels) ? 1 : 0)),
    tieBreak: Uint8Array.from(tiers, () => draw(ties, tieBreaks, TieBreak.fixed)),
    stripsOptions: Uint8Array.from(tiers, () => (random.chance(p.optionsStripped) ? 1 : 0)),
    rewritesOptions: Uint8Array.from(tiers, (tier) => (tier !== 1 && random.chance(p.optionsRewritten) ? 1 : 0)),
    nat: Uint8Array.from(tiers, (tier) => {
      const shares = [
        [p.natNetworks, Nat.home],
        [p.carrierGradeNat, Nat.carrierGrade],
      ] as const;
      return tier === 3 ? draw(random, shares, Nat.none) : Nat.none;
    }),
  };
}
