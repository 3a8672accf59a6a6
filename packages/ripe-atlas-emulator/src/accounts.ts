import { forbidden } from './api-error.ts';

/** Who has a key, and what it may spend. */
export interface EmulatedAccount {
  readonly email: string;
  balance: number;
  readonly permissions: readonly string[];
}

/** Keys and the accounts behind them. */
export class Accounts {
  readonly #byKey = new Map<string, EmulatedAccount>();

  add(key: string, account: EmulatedAccount): void {
    this.#byKey.set(key, account);
  }

  find(key: string): EmulatedAccount | undefined {
    return this.#byKey.get(key);
  }

  /** The account of the header `Authorization: Key …`; `undefined` without one. @throws {ApiError} for an unknown key */
  of(authorization: string | undefined): EmulatedAccount | undefined {
    if (authorization === undefined) return undefined;
    const account = this.#byKey.get(/^Key (.+)$/.exec(authorization)?.[1] ?? '');
    if (account === undefined) throw forbidden('The provided API key does not exist');
    return account;
  }

  /** The same, where a key with a permission is needed. @throws {ApiError} */
  need(authorization: string | undefined, permission: string): EmulatedAccount {
    const account = this.of(authorization);
    if (account === undefined) throw forbidden('Authentication credentials were not provided.');
    if (!account.permissions.includes(permission)) throw forbidden(`The key lacks the permission ${permission}`);
    return account;
  }
}
