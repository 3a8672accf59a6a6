import { decrementTtl, type Ipv4Address, ttlOf } from '@revtr/net';
import { hash32 } from '@revtr/probing';
import { Nat } from '../topology/topology.ts';
import { hasOptions, stamp } from './options.ts';
import { sharedPrivateAddress } from './shared-private.ts';

/** A router between the hosts of a network with NAT and the Internet. It belongs to no topology: no measurement can know it. */
interface InnerRouter {
  /** Address of its interface towards the host, which it stamps on the way in; absent when it does not stamp. */
  readonly towardsHost?: Ipv4Address;
  /** Address of its interface towards the Internet, which it stamps on the way out; absent when it does not stamp. */
  readonly towardsInternet?: Ipv4Address;
}

/** What is behind a public address that a NAT translates. */
export interface NatAccess {
  /** From the Internet to the host. The first one translates. */
  readonly routers: readonly InnerRouter[];
  readonly host: Ipv4Address;
}

const STAMPING = 0.85;
/** Different private addresses that inner routers of all networks share. */
const SUBNETS = 64;

/**
 * Returns what is behind public address `host` of a network of kind `kind` ({@link Nat}): a home router, or a carrier-grade NAT and an
 * aggregation router in front of the subscriber's router, which has an address of 100.64.0.0/10 (RFC 6598).
 */
export function natAccessOf(host: Ipv4Address, kind: number): NatAccess {
  const subnet = hash32(host, 0x4a7) % SUBNETS;
  const router = (towardsHost: Ipv4Address, towardsInternet: Ipv4Address, purpose: number): InnerRouter =>
    hash32(host, purpose) / 2 ** 32 < STAMPING ? { towardsHost, towardsInternet } : {};
  if (kind === Nat.home) {
    const inside = 0xc0a80000 + ((subnet & 3) << 8) + 1;
    return { routers: [router(inside, host, 0x11)], host: inside + 1 + subnet };
  }
  const aggregation = 0x64400000 + (subnet << 8) + 1;
  const core = sharedPrivateAddress(4 * subnet);
  return {
    routers: [router(core, host, 0x12), router(aggregation, core + 1, 0x13)],
    host: aggregation + 1 + (hash32(host, 0x14) % 250),
  };
}

/** Takes a packet from the Internet to the host. Returns false when its TTL expires on the way. Changes `packet`. */
export function enterNat(packet: Uint8Array, access: NatAccess, atMs: number): boolean {
  for (const router of access.routers) {
    if (ttlOf(packet, 0) <= 1) return false;
    decrementTtl(packet, 0);
    stampInner(packet, router, router.towardsHost, atMs);
  }
  return true;
}

/** Takes a packet from the host to the Internet. Changes `packet`. */
export function leaveNat(packet: Uint8Array, access: NatAccess, atMs: number): void {
  for (const router of access.routers.toReversed()) {
    decrementTtl(packet, 0);
    stampInner(packet, router, router.towardsInternet, atMs);
  }
}

function stampInner(packet: Uint8Array, router: InnerRouter, address: Ipv4Address | undefined, atMs: number): void {
  if (address === undefined || !hasOptions(packet)) return;
  stamp(packet, address, (asked) => asked === router.towardsHost || asked === router.towardsInternet, atMs);
}
