import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '@revtr/probing';
import { type ApiKeys, hashApiKey, hashToken, type Scope, type Sessions, type User } from '@revtr/storage';
import type { FastifyBaseLogger, FastifyRequest } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';
import { withRole } from '../../foundation/rights.ts';
import { TokenBuckets } from '../../foundation/token-buckets.ts';
import { limitedClientOf } from './client-address.ts';
import { refuseForgery } from './forgery.ts';
import { SESSION_IDLE_MS, sessionTokenOf } from './session-cookie.ts';

/** Who sends a request, and what the credential of the request permits. */
export interface Caller {
  /** The user. The role is `operator` only if the credential has the scope `operate`. */
  readonly user: User;
  readonly scopes: readonly Scope[];
  /** The API key, or the one with which the session began; null for a session that began with a mailed link. */
  readonly keyId: number | null;
  /** Null for a request with an API key. */
  readonly sessionId: number | null;
  /** When the credential expires; null for a key that does not. */
  readonly expiresAt: Date | null;
}

/** What is known of the sender of a request before its credential is looked at. */
export interface Requester {
  /** Address of the client. */
  readonly ip: string;
  readonly log: Pick<FastifyBaseLogger, 'warn'>;
}

/** How long an answer of the database about a credential is believed. Another process notices a revocation after this time at the latest. */
const KEEP_MS = 10_000;
const MOST_KEPT = 10_000;
/** Unknown credentials that one client address may try. */
const FAILURES = { burst: 20, perSecond: 0.5, mostBuckets: 100_000 };
const LONGEST_KEY = 256;
/** The last use of a credential is written at most this often. */
const USE_MS = 60_000;

interface Known {
  readonly caller: Caller | undefined;
  readonly until: number;
  /** When the last use was written; 0 when it is not known. */
  usedAt: number;
}

/** What a request identifies itself with. */
type Credential = { readonly type: 'key' | 'session'; readonly text: string };

/**
 * Finds out who sends a request: the owner of an API key, or of a browser session. Answers of the database are remembered for a few
 * seconds, and clients that guess are slowed down.
 */
export class Authenticator {
  readonly #publicUrl: string | undefined;
  readonly #keys: ApiKeys;
  readonly #sessions: Sessions;
  readonly #clock: Clock;
  /** By type and SHA-256 of the credential. */
  readonly #known = new Map<string, Known>();
  /** Questions to the database that are not answered yet, by the same name. */
  readonly #asked = new Map<string, Promise<Known>>();
  readonly #failures: TokenBuckets<string>;
  /** Counts what was forgotten: an answer that was asked for before is not remembered. */
  #forgotten = 0;

  constructor(
    options: { /** Base URL of the API as browsers see it. */ readonly publicUrl: string | undefined },
    collaborators: { readonly keys: ApiKeys; readonly sessions: Sessions; readonly clock: Clock },
  ) {
    this.#publicUrl = options.publicUrl;
    this.#keys = collaborators.keys;
    this.#sessions = collaborators.sessions;
    this.#clock = collaborators.clock;
    this.#failures = new TokenBuckets(FAILURES, collaborators);
  }

  /**
   * The sender of a request: the owner of the key in the header `Revtr-Key`, `Api-Key` or `Authorization: Bearer`, else of the session in the cookie.
   * @throws {ControllerError} `unauthorized`; `forbidden` when a browser may have been led to send the request; `tooManyRequests` when the
   * client has tried too many unknown credentials
   */
  async callerOf(request: FastifyRequest): Promise<Caller> {
    const caller = await this.optionalCallerOf(request);
    if (caller === undefined)
      throw new ControllerError('unauthorized', 'the request carries no API key: send it in the header Revtr-Key');
    return caller;
  }

  /** The same for a request that needs no credential: `undefined` when it carries none. */
  async optionalCallerOf(request: FastifyRequest): Promise<Caller | undefined> {
    const credential = credentialOf(request);
    if (credential === undefined) return undefined;
    if (credential.type === 'session') refuseForgery(request, this.#publicUrl);
    return this.#identify(request, credential);
  }

  /** The owner of a key that is sent to log in. @throws {ControllerError} `unauthorized`, `tooManyRequests` */
  async callerWith(request: Requester, key: string): Promise<Caller> {
    return this.#identify(request, { type: 'key', text: key });
  }

  /**
   * Forgets what is remembered about the credentials of a user, and which credentials do not work: what was revoked stops working, and
   * what was enabled again works.
   */
  forget(userId: number): void {
    this.#forgotten++;
    this.#asked.clear();
    for (const [name, { caller }] of this.#known)
      if (caller === undefined || caller.user.id === userId) this.#known.delete(name);
  }

  async #identify(request: Requester, credential: Credential): Promise<Caller> {
    const { type, text } = credential;
    const name = `${type} ${hashToken(text)}`;
    const now = this.#clock.now();
    const kept = this.#known.get(name);
    const known = kept !== undefined && kept.until > now ? kept : await this.#ask(request, credential, name);
    const { caller } = known;
    if (caller === undefined || (caller.expiresAt !== null && caller.expiresAt.getTime() <= this.#clock.now()))
      throw new ControllerError(
        'unauthorized',
        type === 'key' ? 'the API key is not known' : 'the session has ended: log in again',
      );
    this.#noteUse(known, caller, request);
    return caller;
  }

  /** Asks the database once for requests with the same credential that arrive together: each question takes a token of the client's. */
  #ask(request: Requester, credential: Credential, name: string): Promise<Known> {
    const asked = this.#asked.get(name);
    if (asked !== undefined) return asked;
    const answer = this.#lookUp(request, credential, name).finally(() => {
      if (this.#asked.get(name) === answer) this.#asked.delete(name);
    });
    this.#asked.set(name, answer);
    return answer;
  }

  async #lookUp(request: Requester, { type, text }: Credential, name: string): Promise<Known> {
    const client = limitedClientOf(request);
    if (!this.#failures.take(client)) {
      const retryAfterSeconds = this.#failures.secondsUntilNext(client);
      throw new ControllerError('tooManyRequests', 'too many unknown API keys from your address', {
        retryAfterSeconds,
      });
    }
    const forgotten = this.#forgotten;
    const asked =
      text.length > LONGEST_KEY ? undefined : type === 'key' ? this.#findKey(text) : this.#findSession(text);
    const found = await asked?.catch((error: unknown) => {
      // A database that does not answer says nothing about the credential.
      this.#failures.giveBack(client);
      throw error;
    });
    if (found !== undefined) this.#failures.giveBack(client);
    const known = { caller: found?.caller, until: this.#clock.now() + KEEP_MS, usedAt: found?.usedAt ?? 0 };
    if (this.#known.size >= MOST_KEPT) this.#known.clear();
    if (forgotten === this.#forgotten) this.#known.set(name, known);
    return known;
  }

  async #findKey(text: string): Promise<{ readonly caller: Caller; readonly usedAt: number } | undefined> {
    const found = await this.#keys.findValid(hashApiKey(text), this.#now());
    if (found === undefined) return undefined;
    const { id, scopes, expires_at, last_used_at } = found.key;
    return {
      caller: { user: withRole(found.user, scopes), scopes, keyId: id, sessionId: null, expiresAt: expires_at },
      usedAt: last_used_at?.getTime() ?? 0,
    };
  }

  async #findSession(text: string): Promise<{ readonly caller: Caller; readonly usedAt: number } | undefined> {
    const usedAfter = new Date(this.#clock.now() - SESSION_IDLE_MS);
    const found = await this.#sessions.findValid(hashToken(text), this.#now(), usedAfter);
    if (found === undefined) return undefined;
    const { user, scopes, session } = found;
    const { id, key_id, expires_at, last_used_at } = session;
    return {
      caller: { user: withRole(user, scopes), scopes, keyId: key_id, sessionId: id, expiresAt: expires_at },
      usedAt: last_used_at.getTime(),
    };
  }

  #noteUse(known: Known, { keyId, sessionId }: Caller, request: Requester): void {
    const now = this.#clock.now();
    if (now - known.usedAt < USE_MS) return;
    known.usedAt = now;
    const uses = [
      keyId === null ? undefined : this.#keys.used(keyId, new Date(now)),
      sessionId === null ? undefined : this.#sessions.used(sessionId, new Date(now)),
    ];
    // The request does not wait for it, and works without it.
    Promise.all(uses).catch((error: unknown) => request.log.warn({ err: error }, 'the use of an API key is not noted'));
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

/** Whether a request carries a key or a session, good or bad. */
export function carriesCredential(request: FastifyRequest): boolean {
  return credentialOf(request) !== undefined;
}

/** The API key in the headers of a request: `Revtr-Key`, `Api-Key` (of the original's measurement API), or `Authorization: Bearer`. */
export function keyIn(headers: IncomingHttpHeaders): string | undefined {
  for (const key of [headers['revtr-key'], headers['api-key']]) if (typeof key === 'string' && key !== '') return key;
  return /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
}

function credentialOf(request: FastifyRequest): Credential | undefined {
  const key = keyIn(request.headers);
  if (key !== undefined) return { type: 'key', text: key };
  const session = sessionTokenOf(request);
  return session === undefined ? undefined : { type: 'session', text: session };
}
