import { backOff, type Clock } from '@revtr/probing';
import type { Mails } from '@revtr/storage';
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
  readonly #send: SendMail | undefined;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #sending: Periodic;

  constructor(collaborators: {
    readonly mails: Mails;
    readonly send: SendMail | undefined;
    readonly clock: Clock;
    /** A number from 0 to 1. */
    readonly random: () => number;
    readonly log: Logger;
  }) {
    this.#mails = collaborators.mails;
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

  /** Stores a mail; when this resolves it is durable. */
  async add(recipient: string, { subject, body, secret }: MailText): Promise<void> {
    await this.#mails.add(
      { recipient, subject, body, ...(secret !== undefined && { secret }) },
      new Date(this.#clock.now()),
    );
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
    for (const { id, recipient, subject, body, attempts } of due) {
      if (signal.aborted) return;
      try {
        await this.#send({ to: recipient, subject, text: body });
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

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
