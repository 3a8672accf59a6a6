import { createHash, randomBytes } from 'node:crypto';
import { StorageError } from '../errors.ts';

const KEY_BYTES = 24;
const FINGERPRINT_DIGITS = 8;

/** What is stored of an API key. */
export interface HashedApiKey {
  /** SHA-256 of the key, 64 hexadecimal digits. */
  readonly hash: string;
  /** First eight digits of the hash, to tell keys apart. */
  readonly fingerprint: string;
}

/** Makes an API key: `revtr_` and 192 random bits in base64url. It is not stored and must be shown to its user once. */
export function generateApiKey(): string {
  return `revtr_${randomBytes(KEY_BYTES).toString('base64url')}`;
}

/**
 * Makes the token of a mailed link or of a session: about 192 random bits in base64url. Only its hash may be stored.
 *
 * It never begins with a hyphen, because programs take such an argument for an option (`revtr redeem -x...`).
 */
export function generateToken(random: (bytes: number) => Buffer = randomBytes): string {
  for (;;) {
    const token = random(KEY_BYTES).toString('base64url');
    if (!token.startsWith('-')) return token;
  }
}

/** SHA-256 of a token, 64 hexadecimal digits. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/**
 * Hashes an API key. The hash has no salt: a generated key has 192 random bits, which cannot be found by trying. An operator
 * who sets a key must choose one that is as random.
 */
export function hashApiKey(key: string): HashedApiKey {
  const hash = createHash('sha256').update(key).digest('hex');
  return { hash, fingerprint: hash.slice(0, FINGERPRINT_DIGITS) };
}

/** Keeps a key in clear text out of statements. @throws {StorageError} `badKeyHash` unless it is a SHA-256 in hexadecimal */
export function checkKeyHash(hash: string): void {
  if (/^[0-9a-f]{64}$/.test(hash)) return;
  const { length } = hash;
  throw new StorageError('badKeyHash', 'the hash of a key or token must have 64 hexadecimal digits', { length });
}
