import { hashApiKey, type User, type Users } from '@revtr/storage';
import type { FastifyRequest } from 'fastify';
import { ControllerError } from '../errors.ts';

const KEEP_MS = 10_000;
const MOST_KEPT = 10_000;

/** Finds the user behind the header `Revtr-Key`, and remembers it for a few seconds. */
export class Authenticator {
  readonly #users: Users;
  readonly #known = new Map<string, { readonly user: User; readonly until: number }>();

  constructor(users: Users) {
    this.#users = users;
  }

  /** The user, who must be an operator. @throws {ControllerError} `unauthorized`, `forbidden` */
  async operatorOf(request: FastifyRequest): Promise<User> {
    const user = await this.userOf(request);
    if (user.role !== 'operator') throw new ControllerError('forbidden', 'only operators may do this');
    return user;
  }

  /** @throws {ControllerError} `unauthorized` */
  async userOf(request: FastifyRequest): Promise<User> {
    const key = request.headers['revtr-key'];
    if (typeof key !== 'string' || key === '') {
      throw new ControllerError('unauthorized', 'the header Revtr-Key with an API key is missing');
    }
    const known = this.#known.get(key);
    if (known !== undefined && known.until > Date.now()) return known.user;
    const user = await this.#users.findByKey(hashApiKey(key));
    if (user === undefined) throw new ControllerError('unauthorized', 'the API key is not known');
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    this.#known.set(key, { user, until: Date.now() + KEEP_MS });
    return user;
  }
}
