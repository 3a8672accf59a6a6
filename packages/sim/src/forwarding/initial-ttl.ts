import { InitialTtl } from '../topology/topology.ts';

/** The TTLs with which the answers of a router start. */
export interface RouterTtls {
  readonly error: number;
  readonly echoReply: number;
}

/** The answers of routers of each kind ({@link InitialTtl}). */
const ROUTER_TTLS: Readonly<Record<number, RouterTtls>> = {
  [InitialTtl.both255]: { error: 255, echoReply: 255 },
  [InitialTtl.both64]: { error: 64, echoReply: 64 },
  [InitialTtl.both128]: { error: 128, echoReply: 128 },
  [InitialTtl.echo64]: { error: 255, echoReply: 64 },
};

/** Returns the TTLs of the answers of a router of kind `kind` ({@link InitialTtl}). */
export const routerTtls = (kind: number): RouterTtls => ROUTER_TTLS[kind];

/** The TTL with which packets of Linux hosts start, which hosts that measure are. */
export const LINUX_TTL = 64;
