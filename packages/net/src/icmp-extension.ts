import { readWord, writeWord } from './bytes.ts';
import { internetChecksum } from './checksum.ts';
import { NetError, type PacketFault } from './errors.ts';
import { ICMP_HEADER_LENGTH } from './icmp.ts';

/** One entry of an MPLS label stack (RFC 3032 section 2.1). */
export interface MplsLabel {
  /** 20 bits. */
  readonly label: number;
  /** Traffic class, 3 bits. */
  readonly trafficClass: number;
  readonly bottomOfStack: boolean;
  readonly ttl: number;
}

/** Length to which the quoted packet is padded when an extension follows (RFC 4884 section 5.3), bytes. */
export const ICMP_EXTENSION_QUOTE = 128;
const MPLS_CLASS = 1;
const MPLS_INCOMING_STACK = 1;

/** Length of an extension structure with one MPLS object of `labels` labels, bytes. */
export const mplsExtensionLength = (labels: number): number => 8 + 4 * labels;

/**
 * Writes an extension structure (RFC 4884 section 7) with one MPLS label stack object (RFC 4950 section 3).
 * @throws {NetError} `bufferTooSmall`
 */
export function writeMplsExtension(bytes: Uint8Array, at: number, labels: readonly MplsLabel[]): void {
  const end = at + mplsExtensionLength(labels.length);
  if (end > bytes.length) throw new NetError('bufferTooSmall', 'no room for the extension', { end });
  bytes[at] = 0x20;
  bytes[at + 1] = 0;
  writeWord(bytes, at + 2, 0);
  writeWord(bytes, at + 4, 4 + 4 * labels.length);
  bytes[at + 6] = MPLS_CLASS;
  bytes[at + 7] = MPLS_INCOMING_STACK;
  labels.forEach((entry, i) => {
    const word = at + 8 + 4 * i;
    bytes[word] = (entry.label >>> 12) & 255;
    bytes[word + 1] = (entry.label >>> 4) & 255;
    bytes[word + 2] = ((entry.label & 15) << 4) | ((entry.trafficClass & 7) << 1) | (entry.bottomOfStack ? 1 : 0);
    bytes[word + 3] = entry.ttl;
  });
  writeWord(bytes, at + 2, internetChecksum(bytes, at, end));
}

/**
 * Returns the offset of the extension of the ICMP error at `bytes[icmp..end)`, -1 when it has none. Extensions without the length
 * field of RFC 4884 (its section 5.5) are not looked for.
 */
export function findExtension(bytes: Uint8Array, icmp: number, end: number): number {
  const quoteLength = bytes[icmp + 5] * 4;
  const at = icmp + ICMP_HEADER_LENGTH + quoteLength;
  return quoteLength >= ICMP_EXTENSION_QUOTE && at + 4 <= end ? at : -1;
}

/** Checks version, checksum and object lengths of the extension structure at `bytes[at..end)`; `undefined` when they are right. */
export function checkExtension(bytes: Uint8Array, at: number, end: number): PacketFault | undefined {
  if (end - at < 4 || bytes[at] >>> 4 !== 2) return 'badExtension';
  if (readWord(bytes, at + 2) !== 0 && internetChecksum(bytes, at, end) !== 0) return 'badChecksum';
  for (let object = at + 4; object < end; ) {
    if (object + 4 > end) return 'badExtension';
    const length = readWord(bytes, object);
    if (length < 4 || length % 4 !== 0 || object + length > end) return 'badExtension';
    object += length;
  }
  return undefined;
}

/** Reads the MPLS label stack of an extension that has passed {@link checkExtension}; empty when it has none. */
export function readMplsLabels(bytes: Uint8Array, at: number, end: number): MplsLabel[] {
  const labels: MplsLabel[] = [];
  for (let object = at + 4; object < end; object += readWord(bytes, object)) {
    if (bytes[object + 2] !== MPLS_CLASS || bytes[object + 3] !== MPLS_INCOMING_STACK) continue;
    for (let word = object + 4; word < object + readWord(bytes, object); word += 4) {
      labels.push({
        label: (bytes[word] << 12) | (bytes[word + 1] << 4) | (bytes[word + 2] >>> 4),
        trafficClass: (bytes[word + 2] >>> 1) & 7,
        bottomOfStack: (bytes[word + 2] & 1) === 1,
        ttl: bytes[word + 3],
      });
    }
  }
  return labels;
}
