import { createHash } from 'node:crypto';
import type { IpToAs } from '@revtr/engine';
import type { Clock } from '@revtr/probing';
import type { AbuseContacts, OptOutRequest, OptOutRequests } from '@revtr/storage';
import type { Logger } from 'pino';
import { ControllerError } from '../foundation/errors.ts';
import { Periodic } from '../foundation/periodic.ts';
import { TokenBuckets } from '../foundation/token-buckets.ts';
import type { MailText } from '../mail/messages.ts';
import { findContact } from './contact-lookup.ts';
import { acceptedMail, confirmationMail, notAcceptedMail } from './mails.ts';
import { type Network, parseNetwork } from './network.ts';
import type { PublishedOptOuts } from './published-opt-outs.ts';
import { requesterBlockOf } from './requester-block.ts';
import type { ReverseDnsProof } from './reverse-dns-proof.ts';

export interface OptOutServiceOptions {
  /** Base URL of the system, for links in mails. Without one, no abuse contact is mailed. */
  readonly publicUrl: string | undefined;
  /** How long a request is kept after its decision, days. */
  readonly keepDays: number;
}

export interface OptOutServiceCollaborators {
  readonly requests: OptOutRequests;
  readonly contacts: AbuseContacts;
  readonly published: PublishedOptOuts;
  readonly proof: ReverseDnsProof;
  readonly ipToAs: IpToAs;
  /** Stores a mail for sending. */
  readonly mail: (recipient: string, text: MailText) => Promise<void>;
  /** Draws secret bytes. */
  readonly randomBytes: (count: number) => Uint8Array;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a person without an account states. */
export interface OptOutWish {
  readonly network: Network;
  readonly email: string | undefined;
  readonly reason: string;
}

const DAY_MS = 86_400_000;
const PENDING_MS = 14 * DAY_MS;
const MOST_PENDING = 10_000;
/** Requests from one block of addresses: in 14 days less than a tenth of what may be pending. Each process counts by itself. */
const PER_BLOCK = { burst: 60, perSecond: 60 / 86_400, mostBuckets: 100_000 };
const MAILS_A_DAY = 3;
/** A request is looked up again after this time at the earliest, milliseconds. */
const RECHECK_MS = 15_000;
const SWEEP_MS = 5 * 60_000;
const CHECKED_A_SWEEP = 50;
const TOKEN_BYTES = 16;

/** Takes requests to opt out from people without an account, and accepts those that are proved. */
export class OptOutService {
  readonly #publicUrl: string | undefined;
  readonly #keepMs: number;
  readonly #collaborators: OptOutServiceCollaborators;
  readonly #blocks: TokenBuckets<string>;
  readonly #sweeping: Periodic;

  constructor(options: OptOutServiceOptions, collaborators: OptOutServiceCollaborators) {
    this.#publicUrl = options.publicUrl?.replace(/\/$/, '');
    this.#keepMs = options.keepDays * DAY_MS;
    this.#collaborators = collaborators;
    const { clock, log } = collaborators;
    this.#blocks = new TokenBuckets(PER_BLOCK, { clock });
    this.#sweeping = new Periodic(
      { everyMs: SWEEP_MS },
      {
        clock,
        work: (signal) => this.#sweep(signal),
        onError: (error) => log.error({ err: error }, 'requests to opt out could not be checked'),
      },
    );
  }

  /** Expires requests, and looks for proofs in reverse zones, every five minutes. */
  start(): void {
    this.#sweeping.start();
  }

  async stop(): Promise<void> {
    await this.#sweeping.stop();
  }

  /**
   * Stores a request for 14 days and mails a link to the registered abuse contact, if there is one. `requester`: the address of the client.
   * @throws {ControllerError} `tooManyRequests` while 10,000 requests are pending, or after 60 requests of the client's block in a day
   */
  async request({ network, email, reason }: OptOutWish, requester: string): Promise<OptOutRequest> {
    const { requests, randomBytes } = this.#collaborators;
    if ((await requests.countPending()) >= MOST_PENDING)
      throw new ControllerError('tooManyRequests', 'too many requests to opt out are pending: write to the contact', {
        retryAfterSeconds: SWEEP_MS / 1_000,
      });
    const block = requesterBlockOf(requester);
    if (!this.#blocks.take(block))
      throw new ControllerError('tooManyRequests', `too many requests to opt out came from ${block}`, {
        retryAfterSeconds: this.#blocks.secondsUntilNext(block),
      });
    const request = await requests.add({
      network: network.network,
      reason,
      email: email ?? null,
      token: Buffer.from(randomBytes(TOKEN_BYTES)).toString('hex'),
      created_at: this.#now(),
      expires_at: this.#now(PENDING_MS),
    });
    const isMailed = await this.#mailContact(network, request);
    return isMailed ? { ...request, mailed_at: this.#now() } : request;
  }

  /** The request that a token names. @throws {ControllerError} `notFound` */
  async find(token: string): Promise<OptOutRequest> {
    return found(await this.#collaborators.requests.findByToken(token));
  }

  /** Looks for the proof of a request in the reverse zones, at most every 15 seconds. @throws {ControllerError} `notFound` */
  async check(token: string): Promise<OptOutRequest> {
    const request = await this.find(token);
    const age = this.#collaborators.clock.now() - (request.checked_at?.getTime() ?? 0);
    return request.state === 'pending' && age >= RECHECK_MS ? this.#checkDns(request) : request;
  }

  /** The request whose mailed link carries a token. @throws {ControllerError} `notFound` */
  async findMailed(mailToken: string): Promise<OptOutRequest> {
    return found(await this.#collaborators.requests.findByMailToken(hashOf(mailToken)));
  }

  /** Accepts the request whose mailed link carries a token. @throws {ControllerError} `notFound`, `conflict` */
  async confirm(mailToken: string): Promise<OptOutRequest> {
    return this.#accept(await this.findMailed(mailToken), { proof: 'mail', note: '', by: null });
  }

  /** Accepts a request by an operator's decision. @throws {ControllerError} `notFound`, `conflict` */
  async accept(id: number, operatorId: number, note: string): Promise<OptOutRequest> {
    const request = found(await this.#collaborators.requests.find(id));
    return this.#accept(request, { proof: 'operator', note, by: operatorId });
  }

  /** Refuses a request by an operator's decision. @throws {ControllerError} `notFound`, `conflict` */
  async refuse(id: number, operatorId: number, note: string): Promise<OptOutRequest> {
    const request = found(await this.#collaborators.requests.find(id));
    const refused = await this.#decide(request, { state: 'refused', proof: 'operator', note, by: operatorId });
    await this.#tell(refused, notAcceptedMail(refused.network, note));
    return refused;
  }

  /** The opt-out comes first: a failure in between leaves a network unprobed, not a proved request without effect. */
  async #accept(
    request: OptOutRequest,
    decision: { readonly proof: 'dns' | 'mail' | 'operator'; readonly note: string; readonly by: number | null },
  ): Promise<OptOutRequest> {
    this.#assertPending(request);
    const reason = `request ${request.id}, proved by ${PROOFS[decision.proof]}`;
    await this.#collaborators.published.add([{ ...parseNetwork(request.network), reason, origin: 'request' }]);
    const accepted = await this.#decide(request, { state: 'accepted', ...decision });
    this.#collaborators.log.info({ network: request.network, proof: decision.proof }, 'a network has opted out');
    await this.#tell(accepted, acceptedMail(accepted.network, decision.note));
    return accepted;
  }

  async #decide(
    request: OptOutRequest,
    decision: {
      readonly state: 'accepted' | 'refused';
      readonly proof: 'dns' | 'mail' | 'operator';
      readonly note: string;
      readonly by: number | null;
    },
  ): Promise<OptOutRequest> {
    this.#assertPending(request);
    const { by, ...rest } = decision;
    const decided = await this.#collaborators.requests.decide(request.id, {
      ...rest,
      decided_at: this.#now(),
      decided_by: by,
    });
    if (decided === undefined) throw notPending(request.id, 'decided');
    return decided;
  }

  #assertPending({ id, state, expires_at }: OptOutRequest): void {
    if (state !== 'pending') throw notPending(id, state);
    if (expires_at.getTime() <= this.#collaborators.clock.now()) throw notPending(id, 'expired');
  }

  async #checkDns(request: OptOutRequest): Promise<OptOutRequest> {
    const { requests, proof } = this.#collaborators;
    await requests.checked(request.id, this.#now());
    if (!(await proof.holds(parseNetwork(request.network), request.token))) return request;
    return this.#accept(request, { proof: 'dns', note: '', by: null });
  }

  async #mailContact(network: Network, { id, expires_at }: OptOutRequest): Promise<boolean> {
    const { requests, contacts, ipToAs, mail, randomBytes, clock } = this.#collaborators;
    if (this.#publicUrl === undefined) return false;
    const contact = await findContact(network, { contacts, ipToAs });
    if (contact === undefined) return false;
    if ((await requests.countMails(contact, new Date(clock.now() - DAY_MS))) >= MAILS_A_DAY) return false;
    const token = Buffer.from(randomBytes(TOKEN_BYTES)).toString('base64url');
    await requests.mailed(id, { contact, hash: hashOf(token), at: this.#now() });
    const link = `${this.#publicUrl}/opt-out/confirm?token=${token}`;
    const aboutUrl = `${this.#publicUrl}/about-probes`;
    await mail(contact, confirmationMail({ network: network.network, link, aboutUrl, expiresAt: expires_at }));
    return true;
  }

  async #tell({ email }: OptOutRequest, text: MailText): Promise<void> {
    if (email !== null) await this.#collaborators.mail(email, text);
  }

  async #sweep(signal: AbortSignal): Promise<void> {
    const { requests, clock } = this.#collaborators;
    await requests.expire(this.#now());
    await requests.deleteEnded(new Date(clock.now() - this.#keepMs));
    for (const request of await requests.toCheck(CHECKED_A_SWEEP)) {
      if (signal.aborted) return;
      await this.#checkDns(request).catch((error: unknown) => {
        if (!(error instanceof ControllerError)) throw error;
      });
    }
  }

  #now(plusMs = 0): Date {
    return new Date(this.#collaborators.clock.now() + plusMs);
  }
}

const PROOFS = { dns: 'reverse DNS', mail: 'the abuse contact', operator: 'an operator' } as const;

const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

function found(request: OptOutRequest | undefined): OptOutRequest {
  if (request === undefined) throw new ControllerError('notFound', 'there is no such request to opt out');
  return request;
}

const notPending = (id: number, state: string): ControllerError =>
  new ControllerError('conflict', `request ${id} is already ${state}`);
