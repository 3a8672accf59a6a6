/** Reads an unsigned 16-bit word in network byte order. Both bytes must exist: out of bounds they count as 0. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

/** Writes the low 16 bits of `word` in network byte order. */
export function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 8;
  bytes[at + 1] = word & 255;
}
