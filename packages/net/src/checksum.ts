/**
 * Computes the Internet checksum (RFC 1071) over `bytes[start..end)`, an unsigned 16-bit number. The result is 0 when the range
 * contains its own correct checksum. An odd last byte is padded with zero.
 */
export function internetChecksum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  const even = end - ((end - start) & 1);
  for (let i = start; i < even; i += 2) sum += (bytes[i] << 8) | bytes[i + 1];
  if (even < end) sum += bytes[even] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Computes the new checksum after one 16-bit word of the range changed, without reading the range (RFC 1624, equation 3). */
export function updateChecksum(checksum: number, oldWord: number, newWord: number): number {
  let sum = (~checksum & 0xffff) + (~oldWord & 0xffff) + newWord;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
