/** Reads a 16-bit word in network order. The caller guarantees that it exists. */
export function readWord(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

/** Writes a 16-bit word in network order. */
export function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 8;
  bytes[at + 1] = word & 255;
}
