import type { Ipv4Address } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';

/** A traceroute towards a source that arrived there. */
export interface AtlasTraceroute {
  readonly id: number;
  /** Where it began. */
  readonly origin: Ipv4Address;
  readonly source: Ipv4Address;
  /** When it was measured, milliseconds since the Unix epoch. */
  readonly at: number;
  /** The origin, each hop in order, the source; `undefined` for silent hops. */
  readonly hops: readonly (Ipv4Address | undefined)[];
}

/** The atlas traceroute that a measurement gives; `undefined` when it did not arrive. */
export function toAtlasTraceroute(id: number, result: TracerouteResult): AtlasTraceroute | undefined {
  if (result.stop !== 'completed') return undefined;
  const { sender, target } = result.request;
  return {
    id,
    origin: sender,
    source: target,
    at: result.endedAt,
    hops: [sender, ...result.hops.map((hop) => hop.from)],
  };
}
