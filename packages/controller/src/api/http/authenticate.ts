import type { Clock } from '@revtr/probing';
import { type HashedApiKey, hashApiKey, type User, type Users } from '@revtr/storage';
import type { FastifyRequest } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';
import { TokenBuckets } from '../../foundation/token-buckets.ts';
import { clientOf } from './client-address.ts';

/** How long an answer of the database about a key is believed: a revoked key stops to work after this time at the latest. */
const KEEP_MS = 10_000;
const MOST_KEPT = 10_000;
/** Unknown keys that one client address may try. */
const FAILURES = { burst: 20, perSecond: 0.5, mostBuckets: 100_000 };
const LONGEST_KEY = 256;

/** Finds the user who owns an API key. Answers are remembered for a few seconds, and clients that guess keys are slowed down. */
export class Authenticator {
  readonly #users: Users;
  readonly #clock: Clock;
  /** By SHA-256 of the key; `undefined`: no such key. */
  readonly #known = new Map<string, { readonly user: User | undefined; readonly until: number }>();
  readonly #failures: TokenBuckets<string>;

  constructor(collaborators: { readonly users: Users; readonly clock: Clock }) {
    this.#users = collaborators.users;
    this.#clock = collaborators.clock;
    this.#failures = new TokenBuckets(FAILURES, collaborators);
  }

  /**
   * The user whose key the request carries, in the header `Revtr-Key` or as `Authorization: Bearer`.
   * @throws {ControllerError} `unauthorized`; `tooManyRequests` when the client has tried too many unknown keys
   */
  async userOf(request: FastifyRequest): Promise<User> {
    const key = keyOf(request);
    if (key === undefined)
      throw new ControllerError('unauthorized', 'the request carries no API key: send it in the header Revtr-Key');
    const hashed = hashApiKey(key);
    const known = this.#known.get(hashed.hash);
    const user =
      known !== undefined && known.until > this.#clock.now() ? known.user : await this.#lookUp(request, key, hashed);
    if (user === undefined) throw new ControllerError('unauthorized', 'the API key is not known');
    return user;
  }

  async #lookUp(request: FastifyRequest, key: string, hashed: HashedApiKey): Promise<User | undefined> {
    const client = clientOf(request);
    if (!this.#failures.take(client)) {
      const retryAfterSeconds = this.#failures.secondsUntilNext(client);
      throw new ControllerError('tooManyRequests', 'too many unknown API keys from your address', {
        retryAfterSeconds,
      });
    }
    const user = key.length > LONGEST_KEY ? undefined : await this.#users.findByKey(hashed);
    if (user !== undefined) this.#failures.giveBack(client);
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    this.#known.set(hashed.hash, { user, until: this.#clock.now() + KEEP_MS });
    return user;
  }
}

function keyOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['revtr-key'];
  if (typeof key === 'string' && key !== '') return key;
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}
