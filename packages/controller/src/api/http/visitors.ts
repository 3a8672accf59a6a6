import type { Clock } from '@revtr/probing';
import type { User, Users } from '@revtr/storage';
import type { FastifyRequest } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';
import { TokenBuckets } from '../../foundation/token-buckets.ts';
import type { RequestedPair } from '../../measurements/check-pairs.ts';
import type { StoredOptions } from '../../measurements/options.ts';
import type { Caller } from './authenticate.ts';
import { limitedClientOf } from './client-address.ts';
import { refuseForeignOrigin } from './forgery.ts';

export interface VisitorOptions {
  /** Measurements that one client address may submit in a day. 0: visitors may do nothing. */
  readonly measurementsPerDay: number;
  /** Base URL of the API as browsers see it. */
  readonly publicUrl: string | undefined;
}

/**
 * The account to which the measurements of visitors belong. The domain never exists (RFC 2606, section 2), so nobody can log in to it by mail.
 * Its limits hold for all visitors together, and operators may change them.
 */
const ACCOUNT = {
  name: 'Visitors',
  email: 'visitors@revtr.invalid',
  role: 'user',
  max_per_day: 1_000,
  max_parallel: 20,
  max_per_minute: 60,
} as const;
const KEEP_MS = 10_000;
const MOST_CLIENTS = 100_000;
const MOST_BODY_BYTES = 4 * 2 ** 10;
const DAY_S = 86_400;
/** Others can make a measurement cost a multiple, for instance by leaving out the atlas or by asking 250 spoofers for each hop. */
const OPTIONS: ReadonlySet<string> = new Set<keyof StoredOptions>([
  'allowInterdomainSymmetry',
  'reuseMaxAgeMs',
  'measureRtts',
  'forwardTraceroute',
]);

/** People without an account, where the operator lets them measure. All of them share one account, whose results are public. */
export class Visitors {
  readonly #options: VisitorOptions;
  readonly #users: Users;
  readonly #clock: Clock;
  readonly #buckets: TokenBuckets<string>;
  #known: { readonly user: User | undefined; readonly until: number };

  private constructor(
    options: VisitorOptions,
    collaborators: { readonly users: Users; readonly clock: Clock },
    user: User | undefined,
  ) {
    const { measurementsPerDay } = options;
    this.#options = options;
    this.#users = collaborators.users;
    this.#clock = collaborators.clock;
    this.#buckets = new TokenBuckets(
      { burst: measurementsPerDay, perSecond: measurementsPerDay / DAY_S, mostBuckets: MOST_CLIENTS },
      collaborators,
    );
    this.#known = { user, until: collaborators.clock.now() + KEEP_MS };
  }

  /** Opens the account of visitors; creates it where they may measure. */
  static async open(
    options: VisitorOptions,
    collaborators: { readonly users: Users; readonly clock: Clock },
  ): Promise<Visitors> {
    const { users } = collaborators;
    const user = await (options.measurementsPerDay > 0 ? users.ensure(ACCOUNT) : users.findByEmail(ACCOUNT.email));
    return new Visitors(options, collaborators, user);
  }

  /**
   * The visitor who sends a request without a credential.
   * @throws {ControllerError} `unauthorized` where visitors may do nothing; `forbidden` when a page of another site sent the request;
   * `bodyTooLarge`
   */
  async callerOf(request: FastifyRequest): Promise<Caller> {
    const user = await this.account();
    if (user === undefined)
      throw new ControllerError('unauthorized', 'the request carries no API key: send it in the header Revtr-Key');
    if (request.method === 'POST') this.#checkSubmission(request);
    return { user, scopes: ['read', 'measure'], keyId: null, sessionId: null, expiresAt: null };
  }

  /** The account of visitors, where they may measure. */
  async account(): Promise<User | undefined> {
    const user = this.#options.measurementsPerDay > 0 ? await this.#stored() : undefined;
    return user?.disabled_at === null ? user : undefined;
  }

  /** Whether a user is the account of visitors. */
  isVisitor({ id }: Pick<User, 'id'>): boolean {
    return id === this.#known.user?.id;
  }

  /** Counts a batch of a visitor. @throws {ControllerError} `forbidden` for more than one pair or costly options, `tooManyRequests` */
  count(request: FastifyRequest, pairs: readonly RequestedPair[]): void {
    if (pairs.length !== 1)
      throw new ControllerError('forbidden', 'without an account you can measure one pair at a time');
    if (pairs.some(({ options }) => Object.keys(options).some((name) => !OPTIONS.has(name))))
      throw new ControllerError(
        'forbidden',
        'without an account you can set the options isRunForwardTraceroute, isRunRttPings, staleness, symmetryOptions and useCache only',
      );
    const client = limitedClientOf(request);
    if (this.#buckets.take(client)) return;
    throw new ControllerError(
      'tooManyRequests',
      `without an account you can measure ${this.#options.measurementsPerDay} times a day`,
      { retryAfterSeconds: this.#buckets.secondsUntilNext(client) },
    );
  }

  /** Checks before the body is read. */
  #checkSubmission(request: FastifyRequest): void {
    // Otherwise a page of another site could use up what its readers may measure.
    refuseForeignOrigin(request, this.#options.publicUrl);
    const length = Number(request.headers['content-length'] ?? Number.NaN);
    if (!(length <= MOST_BODY_BYTES))
      throw new ControllerError('bodyTooLarge', `without an account a body has at most ${MOST_BODY_BYTES} bytes`);
  }

  async #stored(): Promise<User | undefined> {
    const now = this.#clock.now();
    if (this.#known.until <= now)
      this.#known = { user: await this.#users.findByEmail(ACCOUNT.email), until: now + KEEP_MS };
    return this.#known.user;
  }
}
