import type { Mails } from '@revtr/storage';
import type { Logger } from 'pino';
import type { MailText } from './messages.ts';

/** Hands one mail to a mail server. Rejects when that fails. */
export type SendMail = (mail: {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}) => Promise<void>;

const EVERY_MS = 5_000;
const MOST_AT_ONCE = 20;
const FIRST_RETRY_MS = 60_000;
const MOST_RETRY_MS = 6 * 3_600_000;

/** Keeps mails until a mail server has taken them. Without a server they stay, for the operator to read and pass on. */
export class Outbox {
  readonly #mails: Mails;
  readonly #send: SendMail | undefined;
  readonly #log: Logger;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> = Promise.resolve();

  constructor(collaborators: { readonly mails: Mails; readonly send: SendMail | undefined; readonly log: Logger }) {
    this.#mails = collaborators.mails;
    this.#send = collaborators.send;
    this.#log = collaborators.log;
  }

  /** Stores a mail; when this resolves it is durable. */
  async add(recipient: string, { subject, body, secret }: MailText): Promise<void> {
    await this.#mails.add({ recipient, subject, body, ...(secret !== undefined && { secret }) }, new Date());
    this.#log.info({ subject }, this.#send === undefined ? 'mail for the operator to pass on' : 'mail to send');
    this.#tick();
  }

  start(): void {
    this.#timer = setInterval(() => this.#tick(), EVERY_MS);
    this.#tick();
  }

  /** Stops sending; what is unsent stays. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sending;
  }

  #tick(): void {
    this.#sending = this.#sending.then(() =>
      this.#sendDue().catch((error: unknown) => this.#log.error({ err: error }, 'mails could not be sent')),
    );
  }

  async #sendDue(): Promise<void> {
    if (this.#send === undefined) return;
    for (const { id, recipient, subject, body, attempts } of await this.#mails.due(new Date(), MOST_AT_ONCE)) {
      try {
        await this.#send({ to: recipient, subject, text: body });
        await this.#mails.sent(id, new Date());
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        const pauseMs = Math.min(MOST_RETRY_MS, FIRST_RETRY_MS * 2 ** attempts);
        this.#log.warn({ subject, reason }, 'a mail could not be sent; it will be tried again');
        await this.#mails.failed(id, reason, new Date(Date.now() + pauseMs));
      }
    }
  }
}
