import type { Ipv4Address } from '@revtr/net';
import { hash32 } from '@revtr/probing';

/** 10.0.0.0, 172.16.0.0, 192.168.0.0 (RFC 1918) and 100.64.0.0 (RFC 6598). */
const RANGES = [0x0a000000, 0xac100000, 0xc0a80000, 0x64400000];

/** Address number `index` of the pool of private addresses that unrelated routers share: 10.0.0.1, 172.16.0.1, and so on. */
export function sharedPrivateAddress(index: number): Ipv4Address {
  return RANGES[index % RANGES.length] + ((Math.floor(index / RANGES.length) << 8) & 0xff00) + 1;
}

/** The address of the pool, which has `pool` addresses, that `router` uses. */
export function sharedPrivateOf(router: number, pool: number): Ipv4Address {
  return sharedPrivateAddress(hash32(router, 0x5a17) % Math.max(1, pool));
}
