import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4_096;
let pool = new Uint8Array(0);

/** Secret bytes, like `randomBytes` of `node:crypto`, drawn in large pieces: a call for a few bytes costs microseconds there. */
export function pooledRandomBytes(count: number): Uint8Array {
  if (count > POOL_BYTES) return randomBytes(count);
  if (pool.length < count) pool = randomBytes(POOL_BYTES);
  const bytes = pool.subarray(0, count);
  pool = pool.subarray(count);
  return bytes;
}
