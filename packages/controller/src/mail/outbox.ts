import { backOff, type Clock } from '@revtr/probing';
import { generateToken, hashToken, type Mail, type Mails, type OneTimeTokens } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../foundation/periodic.ts';
import type { MailText } from './messages.ts';

/** Hands one mail to a mail server. Rejects when that fails. */
export type SendMail = (mail: {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}) => Promise<void>;

const EVERY_MS = 5_000;
const MOST_AT_ONCE = 20;
const RETRY = { firstMs: 60_000, mostMs: 6 * 3_600_000 };

/** Stores mails until a mail server accepts them. Without a mail server they stay stored, and the operator forwards them. */
export class Outbox {
  readonly #mails: Mails;
  readonly #tokens: OneTimeTokens;
  readonly #send: SendMail | undefined;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #sending: Periodic;

  constructor(collaborators: {
    readonly mails: Mails;
    readonly tokens: OneTimeTokens;
    readonly send: SendMail | undefined;
    readonly clock: Clock;
    /** A number from 0 to 1. */
    readonly random: () => number;
    readonly log: Logger;
  }) {
    this.#mails = collaborators.mails;
    this.#tokens = collaborators.tokens;
    this.#send = collaborators.send;
    this.#clock = collaborators.clock;
    this.#random = collaborators.random;
    this.#log = collaborators.log;
    this.#sending = new Periodic(
      { everyMs: EVERY_MS, isImmediate: true },
      {
        clock: this.#clock,
        work: (signal) => this.#sendDue(signal),
        onError: (error) => this.#log.error({ err: error }, 'mails could not be read from the database'),
      },
    );
  }

  /** Stores a mail; when this resolves it is durable. `tokenId` names the one-time token of the link in it. */
  async add(recipient: string, { subject, body }: MailText, tokenId?: number): Promise<void> {
    await this.#mails.add({ recipient, subject, body, ...(tokenId !== undefined && { tokenId }) }, this.#now());
    this.#log.info(
      { subject },
      this.#send === undefined ? 'a mail is stored for the operator to forward' : 'a mail is stored for sending',
    );
    this.#sending.wake();
  }

  /** Sends what is due, at once and then every five seconds. */
  start(): void {
    this.#sending.start();
  }

  /** Stops after the mail that is being sent. Unsent mails stay in the database. */
  async stop(): Promise<void> {
    await this.#sending.stop();
  }

  async #sendDue(signal: AbortSignal): Promise<void> {
    if (this.#send === undefined) return;
    const due = await this.#mails.due(this.#now(), MOST_AT_ONCE);
    for (const mail of due) {
      const { id, recipient, subject, attempts } = mail;
      if (signal.aborted) return;
      try {
        const text = await this.#textOf(mail);
        // A link that was used or has expired is not sent: the operator has handed it over, or it waited too long.
        if (text !== undefined) await this.#send({ to: recipient, subject, text });
        await this.#mails.sent(id, this.#now());
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const pauseMs = backOff(RETRY, attempts + 1, this.#random);
        this.#log.warn({ subject, reason }, 'a mail could not be sent; the controller tries again later');
        await this.#mails.failed(id, reason, new Date(this.#clock.now() + pauseMs));
      }
    }
    if (due.length === MOST_AT_ONCE) this.#sending.wake();
  }

  /** The text with a new link; `undefined` when the link of the mail is not needed any more. */
  async #textOf({ body, token_id }: Mail): Promise<string | undefined> {
    if (token_id === null) return body;
    const token = generateToken();
    return (await this.#tokens.arm(token_id, hashToken(token), this.#now())) ? withToken(body, token) : undefined;
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}

/** The text of a mail with its link. Mails are stored with `{token}` in its place. */
export function withToken(body: string, token: string): string {
  return body.replaceAll('{token}', token);
}
