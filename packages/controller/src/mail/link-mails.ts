import type { Clock } from '@revtr/probing';
import { generateToken, hashToken, type Mail, type Mails, type OneTimeTokens, type TokenPurpose } from '@revtr/storage';
import { ControllerError } from '../foundation/errors.ts';
import type { MailText } from './messages.ts';
import { type Outbox, withToken } from './outbox.ts';

/** A link to mail. */
export interface NewLink {
  readonly purpose: TokenPurpose;
  readonly email: string;
  readonly name?: string;
  readonly userId?: number;
  readonly applicationId?: number;
}

const HOUR_S = 3_600;
/** How long a link works after it was sent. */
const LIFETIME_S: Readonly<Record<TokenPurpose, number>> = {
  verifyApplication: 72 * HOUR_S,
  collectKey: 7 * 24 * HOUR_S,
  register: 24 * HOUR_S,
  logIn: 900,
};
/** What a mail shows when the operator has not set the public address. The hosting guide writes it in the same way. */
const UNKNOWN_SERVER = 'https://<controller-hostname>';

/**
 * Mails links that work once. The database stores neither a link nor a key in clear text: the token is made when the mail is sent, and
 * only its hash is stored. A mail that is sent again, or handed over by the operator, carries a new token.
 */
export class LinkMails {
  readonly #server: string;
  readonly #outbox: Outbox;
  readonly #mails: Mails;
  readonly #tokens: OneTimeTokens;
  readonly #clock: Clock;

  constructor(
    options: { readonly publicUrl: string | undefined },
    collaborators: {
      readonly outbox: Outbox;
      readonly mails: Mails;
      readonly tokens: OneTimeTokens;
      readonly clock: Clock;
    },
  ) {
    this.#server = (options.publicUrl ?? UNKNOWN_SERVER).replace(/\/+$/, '');
    this.#outbox = collaborators.outbox;
    this.#mails = collaborators.mails;
    this.#tokens = collaborators.tokens;
    this.#clock = collaborators.clock;
  }

  /** Stores a mail with a link; `compose` receives the paragraph that says how to use the link. */
  async send(link: NewLink, compose: (howTo: string) => MailText): Promise<void> {
    const { purpose, email, name = '', userId = null, applicationId = null } = link;
    const tokenId = await this.#tokens.add(
      {
        purpose,
        email,
        name,
        user_id: userId,
        application_id: applicationId,
        lifetime_seconds: LIFETIME_S[purpose],
      },
      this.#now(),
    );
    await this.#outbox.add(email, compose(this.#howTo(purpose)), tokenId);
  }

  /**
   * A mail with a link that works, for the operator to forward. Earlier links of the mail stop working. A link to log in is handed to
   * its recipient only. @throws {ControllerError} `notFound`, `conflict`
   */
  async handOver(id: number): Promise<Mail & { readonly token: string }> {
    const mail = await this.#mails.find(id);
    if (mail === undefined) throw new ControllerError('notFound', `there is no mail ${id}`);
    const stored = mail.token_id === null ? undefined : await this.#tokens.find(mail.token_id);
    if (stored === undefined) throw new ControllerError('conflict', `mail ${id} has no link`);
    if (stored.purpose === 'logIn')
      throw new ControllerError('conflict', `the link in mail ${id} logs its recipient in, and is not handed over`);
    const token = generateToken();
    if (!(await this.#tokens.arm(stored.id, hashToken(token), this.#now())))
      throw new ControllerError('conflict', `the link in mail ${id} was used or has expired`);
    return { ...mail, body: withToken(mail.body, token), token };
  }

  #howTo(purpose: TokenPurpose): string {
    const hours = LIFETIME_S[purpose] / HOUR_S;
    const time = hours < 1 ? `${hours * 60} minutes` : hours > 72 ? `${hours / 24} days` : `${hours} hours`;
    return `  ${this.#server}/confirm#{token}

or run this command:

  curl -X POST ${this.#server}/api/v2/links --data '{"token":"{token}"}'

The link works once, within ${time}.`;
  }

  #now(): Date {
    return new Date(this.#clock.now());
  }
}
