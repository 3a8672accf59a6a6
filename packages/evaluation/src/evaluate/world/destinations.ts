import type { SimulatedWorld } from '@revtr/lab/simulated-world';
import type { Ipv4Address } from '@revtr/net';
import { createRandom, type Random } from '@revtr/probing';
import { HostBehaviours, Nat, natOf } from '@revtr/sim';
import type { DestinationKind } from '../units/unit-result.ts';

/** A pair to measure. */
export interface EvaluatedPair {
  readonly source: Ipv4Address;
  readonly destination: Ipv4Address;
  readonly kind: DestinationKind;
  /** Whether it counts in the figures: its destination is a random address of the hitlist. The others count in rows by kind only. */
  readonly isUsual: boolean;
}

const KIND_OF_NAT: Readonly<Record<number, DestinationKind>> = {
  [Nat.home]: 'behindNat',
  [Nat.carrierGrade]: 'behindCarrierGradeNat',
};
/** For each kind of unusual destination one pair is measured for so many usual ones. */
const USUAL_PER_UNUSUAL = 10;
const LEAST_UNUSUAL = 10;

/** Random pairs of a source and an address of the hitlist, and among them pairs with unusual destinations. */
export function choosePairs(world: SimulatedWorld, count: number): EvaluatedPair[] {
  const { parameters, topology } = world.internet;
  const behaviours = new HostBehaviours(parameters, { topology });
  const usual = world.randomPairs(count).map((pair): EvaluatedPair => {
    const answers = behaviours.answersOptions(pair.destination) ? 'host' : 'hostWithoutOptions';
    return { ...pair, kind: KIND_OF_NAT[natOf(topology, pair.destination)] ?? answers, isUsual: true };
  });
  const random = createRandom(parameters.seed).fork('unusual destinations');
  const each = Math.max(LEAST_UNUSUAL, Math.round(count / USUAL_PER_UNUSUAL));
  const unusual = (kind: DestinationKind, draw: () => Ipv4Address): EvaluatedPair[] =>
    Array.from({ length: each }, () => ({
      source: random.pick(world.sources).address,
      destination: draw(),
      kind,
      isUsual: false,
    }));
  const routers = unusual('router', () => drawRouter(world, random));
  const silent = unusual('silent', () => drawSilentHost(world, behaviours, random));
  return random.shuffle([...usual, ...routers, ...silent]);
}

/** An address of a router that answers pings. */
function drawRouter({ internet, ipToAs }: SimulatedWorld, random: Random): Ipv4Address {
  const { interfaces, routers } = internet.topology;
  for (;;) {
    const iface = random.below(interfaces.count);
    const address = interfaces.address[iface];
    if (routers.answersPing[interfaces.router[iface]] === 1 && ipToAs.originOf(address) !== undefined) return address;
  }
}

/** The address of a host that answers no ping. */
function drawSilentHost({ internet, ipToAs }: SimulatedWorld, behaviours: HostBehaviours, random: Random): Ipv4Address {
  const { prefixes } = internet.topology.hosts;
  for (;;) {
    const { address: first, length } = random.pick(prefixes);
    const address = first + 2 + random.below(2 ** (32 - length) - 4);
    if (
      !behaviours.answersPing(address) &&
      internet.truth.routerOf(address) < 0 &&
      ipToAs.originOf(address) !== undefined
    )
      return address;
  }
}
