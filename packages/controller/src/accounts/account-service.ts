import type { Clock } from '@revtr/probing';
import {
  type Application,
  generateApiKey,
  hashApiKey,
  hashToken,
  type OneTimeToken,
  type OneTimeTokens,
  type User,
  type Users,
} from '@revtr/storage';
import type { SourceApplications } from '../agents/source-applications.ts';
import { toUserColumns, type UserLimits } from '../agents/user-limits.ts';
import { ControllerError } from '../foundation/errors.ts';
import type { RecipientLimit } from '../foundation/recipient-limit.ts';
import type { LinkMails } from '../mail/link-mails.ts';
import { accountMail, keyMail, logInMail, registerMail } from '../mail/messages.ts';
import type { Outbox } from '../mail/outbox.ts';

/** Name and e-mail address of a person. */
export interface Person {
  readonly name: string;
  readonly email: string;
}

/** What the link did. */
export type Redeemed =
  /** The user's new key, which is shown this once. */
  | { readonly purpose: 'collectKey' | 'register'; readonly key: string }
  | { readonly purpose: 'verifyApplication'; readonly application: Application }
  /** The caller begins a session of the user. */
  | { readonly purpose: 'logIn'; readonly user: User };

/** The name of a key that a user collects with a mailed link. */
const FIRST_KEY_NAME = 'mailed link';

/** How accounts come about, and what mailed links do. No answer to a stranger says whether an e-mail address has an account. */
export class AccountService {
  readonly #options: { readonly limits: UserLimits; readonly selfRegistration: boolean };
  readonly #users: Users;
  readonly #tokens: OneTimeTokens;
  readonly #links: LinkMails;
  readonly #outbox: Outbox;
  readonly #recipients: RecipientLimit;
  readonly #applications: SourceApplications;
  readonly #clock: Clock;

  constructor(
    options: {
      /** Limits of new users. */
      readonly limits: UserLimits;
      /** Whether anybody with an e-mail address may become a user. */
      readonly selfRegistration: boolean;
    },
    collaborators: {
      readonly users: Users;
      readonly tokens: OneTimeTokens;
      readonly links: LinkMails;
      readonly outbox: Outbox;
      readonly recipients: RecipientLimit;
      readonly applications: SourceApplications;
      readonly clock: Clock;
    },
  ) {
    this.#options = options;
    this.#users = collaborators.users;
    this.#tokens = collaborators.tokens;
    this.#links = collaborators.links;
    this.#outbox = collaborators.outbox;
    this.#recipients = collaborators.recipients;
    this.#applications = collaborators.applications;
    this.#clock = collaborators.clock;
  }

  /** Creates an account for a person whom an operator invites, and mails a link to its first key. @throws {ControllerError} `conflict` */
  async invite(
    person: Person & { readonly role: User['role']; readonly limits?: UserLimits | undefined },
  ): Promise<User> {
    const { name, email, role, limits = this.#options.limits } = person;
    const user = await this.#users.create({ name, email, role, ...toUserColumns(limits) });
    if (user === undefined) throw new ControllerError('conflict', `${email} has an account already`);
    await this.mailKeyLink(user);
    return user;
  }

  /** Mails a user a link to a new key, for one who has lost all keys. */
  async mailKeyLink(user: User): Promise<void> {
    const { id: userId, name, email } = user;
    await this.#links.send({ purpose: 'collectKey', email, name, userId }, (howTo) => keyMail(user, howTo));
  }

  /** Whether anybody with an e-mail address may become a user. */
  get isRegistrationOpen(): boolean {
    return this.#options.selfRegistration;
  }

  /** Mails a link that creates an account. @throws {ControllerError} `forbidden` unless registration is open; `tooManyRequests` */
  async register(person: Person): Promise<void> {
    if (!this.isRegistrationOpen)
      throw new ControllerError('forbidden', 'registration is closed: ask the operators to invite you');
    const { name, email } = person;
    this.#recipients.count(email);
    if ((await this.#users.findByEmail(email)) !== undefined) await this.#outbox.add(email, accountMail(true));
    else await this.#links.send({ purpose: 'register', email: email.toLowerCase(), name }, registerMail);
  }

  /** Mails a link that begins a session of a browser. @throws {ControllerError} `tooManyRequests` */
  async mailLogInLink(email: string): Promise<void> {
    this.#recipients.count(email);
    const user = await this.#users.findByEmail(email);
    if (user === undefined || user.disabled_at !== null) await this.#outbox.add(email, accountMail(false));
    else await this.#links.send({ purpose: 'logIn', email: user.email, userId: user.id }, logInMail);
  }

  /** Does what a link is for. @throws {ControllerError} `notFound` when it does not work any more, `conflict` */
  async redeem(text: string): Promise<Redeemed> {
    const token = await this.#tokens.redeem(hashToken(text), new Date(this.#clock.now()));
    if (token === undefined)
      throw new ControllerError('notFound', 'the link does not work: it is wrong, was used, or has expired');
    switch (token.purpose) {
      case 'verifyApplication':
        return { purpose: token.purpose, application: await this.#applications.verify(token.application_id ?? 0) };
      case 'register':
        return { purpose: token.purpose, key: await this.#newKey(await this.#registered(token)) };
      case 'collectKey':
        return { purpose: token.purpose, key: await this.#newKey(await this.#userOf(token)) };
      case 'logIn':
        return { purpose: token.purpose, user: await this.#userOf(token) };
    }
  }

  async #registered({ name, email }: OneTimeToken): Promise<User> {
    const user = await this.#users.create({ name, email, role: 'user', ...toUserColumns(this.#options.limits) });
    if (user === undefined) throw new ControllerError('conflict', `${email} has an account already`);
    return user;
  }

  async #userOf({ user_id }: OneTimeToken): Promise<User> {
    const user = user_id === null ? undefined : await this.#users.find(user_id);
    if (user === undefined || user.disabled_at !== null)
      throw new ControllerError('conflict', 'the account is disabled: ask the operators');
    return user;
  }

  async #newKey(user: User): Promise<string> {
    const key = generateApiKey();
    await this.#users.addKey(user.id, hashApiKey(key), { name: FIRST_KEY_NAME });
    return key;
  }
}
