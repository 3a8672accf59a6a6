import { checkIcmpPacket, ICMP, type IcmpPacket, type Ipv4Address, parseIcmpPacket } from '@revtr/net';

/** How a spoofed probe is told apart by whoever receives its answer. */
export interface SpoofMark {
  /** ICMP identifier, 16 bits. */
  readonly identifier: number;
  /** ICMP sequence number, 16 bits. */
  readonly sequence: number;
  /** Unguessable bytes of the payload, hexadecimal. */
  readonly token: string;
}

/**
 * Reads a caught packet as the answer to a spoofed probe: an echo reply from its target with its numbers and its token.
 * `undefined` for every other packet, so that nobody who does not see the probe can answer it.
 */
export function readSpoofedReply(
  bytes: Uint8Array,
  { target, mark }: { readonly target: Ipv4Address; readonly mark: SpoofMark },
): IcmpPacket | undefined {
  if (checkIcmpPacket(bytes, 0, bytes.length) !== undefined) return undefined;
  const packet = parseIcmpPacket(bytes);
  const isAnswer = packet.type === ICMP.echoReply && packet.source === target;
  const hasNumbers = packet.identifier === mark.identifier && packet.sequence === mark.sequence;
  const hasToken = Buffer.from(packet.payload).includes(Buffer.from(mark.token, 'hex'));
  return isAnswer && hasNumbers && hasToken ? packet : undefined;
}
