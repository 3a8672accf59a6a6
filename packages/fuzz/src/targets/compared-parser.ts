import { buildEchoRequest as build, parseIcmpPacket } from '@revtr/net';

/** An echo request with Record Route. */
export const buildEchoRequest = (): Uint8Array =>
  build({
    source: 1,
    destination: 2,
    ttl: 64,
    identifier: 4,
    sequence: 5,
    payload: new Uint8Array(8),
    option: { type: 'recordRoute', slots: 9 },
  });

/** Parses a packet that may be damaged. */
export function tryParse(packet: Uint8Array): void {
  try {
    parseIcmpPacket(packet);
  } catch {
    // Most packets have a wrong checksum.
  }
}
