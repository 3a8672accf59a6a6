/** Row numbers ordered by address, shorter prefixes first, equal prefixes in input order: a radix sort of three passes. */
export function sortPrefixes(addresses: Uint32Array, lengths: Uint8Array): Uint32Array {
  const count = addresses.length;
  const first = new Uint32Array(count);
  const second = new Uint32Array(count);
  for (let i = 0; i < count; i++) first[i] = i;
  distribute(first, second, 33, (row) => lengths[row]);
  distribute(second, first, 65536, (row) => addresses[row] & 0xffff);
  distribute(first, second, 65536, (row) => addresses[row] >>> 16);
  return second;
}

function distribute(from: Uint32Array, to: Uint32Array, digits: number, digitOf: (row: number) => number): void {
  const next = new Uint32Array(digits + 1);
  for (let i = 0; i < from.length; i++) next[digitOf(from[i]) + 1]++;
  for (let digit = 0; digit < digits; digit++) next[digit + 1] += next[digit];
  for (let i = 0; i < from.length; i++) to[next[digitOf(from[i])]++] = from[i];
}
