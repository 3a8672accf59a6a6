import { z } from 'zod';
import { badAnswer, good, listed } from './answer.ts';
import type { Connection } from './connection.ts';
import { linesOf } from './lines.ts';
import { itemsOf } from './pages.ts';
import type {
  Account,
  AccountRecordLine,
  ApiKey,
  ArchiveConsent,
  LimitUse,
  MailWithLink,
  NewApiKey,
  NewKeyRequest,
  OpenSession,
  RedeemedLink,
  Session,
  SourceVisibility,
  User,
  UserChange,
  UserInvitation,
} from './types.ts';

/** Calls about accounts, API keys, mailed links and the sharing of sources. Every method rejects with a {@link ClientError}. */
export class AccountsClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Your account, its limits, and what your API key permits. */
  async account(): Promise<Account> {
    return good(this.#connection.api.GET('/api/v2/account'));
  }

  /** How much of your limits is used. */
  async usage(): Promise<readonly LimitUse[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/account/usage'))).limits);
  }

  /** Everything that is stored about you, one record after the other. */
  async *export(signal?: AbortSignal): AsyncGenerator<AccountRecordLine> {
    const body = await this.#connection.open('/api/v2/account/export', signal);
    for await (const line of linesOf(body, this.#connection, signal)) yield parseRecord(line);
  }

  /** Deletes your account and everything that is stored about you. `email` is the address of the account, to confirm. */
  async delete(email: string): Promise<void> {
    await good(this.#connection.api.DELETE('/api/v2/account', { body: { email } }));
  }

  /** Whether your results are published in the public archive. */
  async archiveConsent(): Promise<ArchiveConsent> {
    return good(this.#connection.api.GET('/api/v2/account/archive'));
  }

  /** Agrees to the publication of results that you submit from now on, or withdraws the agreement. */
  async setArchiveConsent(agrees: boolean): Promise<ArchiveConsent> {
    return good(this.#connection.api.PUT('/api/v2/account/archive', { body: { agrees } }));
  }

  /** Your API keys that are not revoked. */
  async keys(): Promise<readonly ApiKey[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/keys'))).keys);
  }

  /** Creates an API key, which only this answer contains. */
  async createKey(key: NewKeyRequest): Promise<NewApiKey> {
    return good(this.#connection.api.POST('/api/v2/keys', { body: key }));
  }

  /** Revokes an API key: it stops working at once. */
  async revokeKey(id: number): Promise<ApiKey> {
    return good(this.#connection.api.DELETE('/api/v2/keys/{id}', { params: { path: { id: String(id) } } }));
  }

  /** Replaces an API key by a new one. The old one works for `graceHours` more (default 24). */
  async rotateKey(id: number, graceHours = 24): Promise<NewApiKey> {
    const params = { path: { id: String(id) } };
    return good(this.#connection.api.POST('/api/v2/keys/{id}/rotate', { params, body: { graceHours } }));
  }

  /** Uses the token of a mailed link, which works once. Needs no key. */
  async redeem(token: string): Promise<RedeemedLink> {
    return good(this.#connection.api.POST('/api/v2/links', { body: { token } }));
  }

  /** Begins a session of this browser with an API key. Needs no key otherwise. */
  async logIn(key: string): Promise<Session> {
    return good(this.#connection.api.POST('/api/v2/sessions', { body: { key } }));
  }

  /** Ends the session of this browser. */
  async logOut(): Promise<void> {
    await good(this.#connection.api.DELETE('/api/v2/sessions'));
  }

  /** Your browser sessions that have not ended, the latest used first. */
  async sessions(): Promise<readonly OpenSession[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/sessions'))).sessions);
  }

  /** Ends one of your browser sessions. */
  async endSession(id: number): Promise<void> {
    await good(this.#connection.api.DELETE('/api/v2/sessions/{id}', { params: { path: { id: String(id) } } }));
  }

  /** Mails a link that begins a session of the browser in which it is opened. Needs no key. */
  async mailLogInLink(email: string): Promise<void> {
    await good(this.#connection.api.POST('/api/v2/sessions/link', { body: { email } }));
  }

  /** Whether anybody may register. Needs no key. */
  async isRegistrationOpen(): Promise<boolean> {
    return (await good(this.#connection.api.GET('/api/v2/registrations'))).isOpen;
  }

  /** Asks for an account; a link is mailed that creates it. Needs no key. */
  async register(person: { readonly name: string; readonly email: string }): Promise<void> {
    await good(this.#connection.api.POST('/api/v2/registrations', { body: person }));
  }

  /** Who may measure to your source. */
  async visibility(source: string): Promise<SourceVisibility> {
    const params = { path: { address: source } };
    return good(this.#connection.api.GET('/api/v2/sources/{address}/visibility', { params }));
  }

  /** Sets who may measure to your source. `users` are e-mail addresses, for the visibility `shared`. */
  async setVisibility(
    source: string,
    visibility: SourceVisibility['visibility'],
    users: readonly string[] = [],
  ): Promise<SourceVisibility> {
    const params = { path: { address: source } };
    const body = { visibility, users: [...users] };
    return good(this.#connection.api.PUT('/api/v2/sources/{address}/visibility', { params, body }));
  }

  /** Up to 1,000 users by id, after the one with the id `after`; or the one with an e-mail address (operators). */
  async users(query: { readonly after?: number; readonly email?: string } = {}): Promise<readonly User[]> {
    const { after, email } = query;
    const params = {
      query: { ...(after !== undefined && { after: String(after) }), ...(email !== undefined && { email }) },
    };
    return listed((await good(this.#connection.api.GET('/api/v2/users', { params }))).users);
  }

  /** All users by id (operators). Reads a page of 1,000 at a time. */
  eachUser(): AsyncGenerator<User, void, undefined> {
    return itemsOf(async (after?: number) => {
      const items = await this.users({ ...(after !== undefined && { after }) });
      return { items, next: items.length < 1_000 ? undefined : items.at(-1)?.id };
    });
  }

  /** Invites a user, who is mailed a link to an API key (operators). */
  async invite(invitation: UserInvitation): Promise<User> {
    return good(this.#connection.api.POST('/api/v2/users', { body: invitation }));
  }

  /** Changes limits or role of a user, or disables a user (operators). */
  async changeUser(id: number, change: UserChange): Promise<User> {
    const params = { path: { id: String(id) } };
    return good(this.#connection.api.PATCH('/api/v2/users/{id}', { params, body: change }));
  }

  /** Mails a user a link to a new API key (operators). */
  async mailKeyLink(id: number): Promise<User> {
    return good(this.#connection.api.POST('/api/v2/users/{id}/link', { params: { path: { id: String(id) } } }));
  }

  /** A mail with a link that works, to forward by hand; earlier links of the mail stop working (operators). */
  async mailWithLink(id: number): Promise<MailWithLink> {
    return good(this.#connection.api.POST('/api/v2/mails/{id}/link', { params: { path: { id: String(id) } } }));
  }
}

const recordSchema = z.object({ type: z.string(), value: z.record(z.string(), z.unknown()) });

function parseRecord(line: string): AccountRecordLine {
  try {
    return recordSchema.parse(JSON.parse(line));
  } catch {
    throw badAnswer('the server sent a line that is no record of an export');
  }
}
