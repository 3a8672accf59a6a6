import { checkIcmpPacket, ICMP, type IcmpPacket, type Ipv4Address, parseIcmpPacket, readWord } from '@revtr/net';

/** Values in a spoofed probe by which the receiver recognizes the reply. */
export interface SpoofMark {
  /** ICMP identifier, 1 to 0x7fff: scamper uses the higher ones for its own probes. */
  readonly identifier: number;
  /** ICMP sequence number, 16 bits. */
  readonly sequence: number;
  /** Secret bytes in the payload, hexadecimal. */
  readonly token: string;
}

/** Identifiers from this bound on belong to scamper's own probes. */
const IDENTIFIER_BOUND = 0x8000;
const TOKEN_BYTES = 12;

/** Draws secret bytes; in production `randomBytes` of `node:crypto`. A predictable source lets third parties forge replies. */
export type RandomBytes = (count: number) => Uint8Array;

/** Creates the mark of a new spoofed probe, with a token of 12 bytes. */
export function createSpoofMark(randomBytes: RandomBytes): SpoofMark {
  const bytes = randomBytes(4 + TOKEN_BYTES);
  return {
    identifier: 1 + (readWord(bytes, 0) % (IDENTIFIER_BOUND - 1)),
    sequence: readWord(bytes, 2),
    token: Buffer.from(bytes.subarray(4)).toString('hex'),
  };
}

/** Identifiers and the sequence number of the spoofed probes of revtr 2.0, whose agents report no other replies. */
const LEGACY_IDENTIFIERS = { first: 50_000, count: 10_000 };
const LEGACY_SEQUENCE = 62_195;

/**
 * Creates the mark of a spoofed probe whose reply an agent of revtr 2.0 receives. Such an agent reports the identifier and the first four bytes of
 * the token: with 13 and 32 random bits, a host that does not see the probe guesses them once in 4 x 10^13 attempts.
 */
export function createLegacyMark(randomBytes: RandomBytes): SpoofMark {
  const bytes = randomBytes(2 + TOKEN_BYTES);
  return {
    identifier: LEGACY_IDENTIFIERS.first + (readWord(bytes, 0) % LEGACY_IDENTIFIERS.count),
    sequence: LEGACY_SEQUENCE,
    token: Buffer.from(bytes.subarray(2)).toString('hex'),
  };
}

/**
 * Parses a received IPv4 packet as the reply to a spoofed probe: an echo reply (RFC 792) from the target with the identifier, the
 * sequence number, and the token of the mark. Every other packet gives `undefined`, malformed ones included. A host that does not
 * see the probe does not know the token and cannot forge the reply.
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
