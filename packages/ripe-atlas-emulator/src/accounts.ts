import { forbidden } from './api-error.ts';

/** An account of the emulated RIPE Atlas. */
export interface EmulatedAccount {
  readonly email: string;
  /** Remaining credits. Measurements reduce it. */
  balance: number;
  /** Permissions of the key of the account, for example `measurements.create_measurement`. */
  readonly permissions: readonly string[];
}

/** API keys and their accounts. */
export class Accounts {
  readonly #byKey = new Map<string, EmulatedAccount>();

  add(key: string, account: EmulatedAccount): void {
    this.#byKey.set(key, account);
  }

  find(key: string): EmulatedAccount | undefined {
    return this.#byKey.get(key);
  }

  /** The account for the header `Authorization: Key …`; `undefined` without the header. @throws {ApiError} 403 for an unknown key */
  of(authorization: string | undefined): EmulatedAccount | undefined {
    if (authorization === undefined) return undefined;
    const account = this.#byKey.get(/^Key (.+)$/.exec(authorization)?.[1] ?? '');
    if (account === undefined) throw forbidden('The provided API key does not exist');
    return account;
  }

  /** The account for the header, which must have a permission. @throws {ApiError} 403 without a key or the permission */
  need(authorization: string | undefined, permission: string): EmulatedAccount {
    const account = this.of(authorization);
    if (account === undefined) throw forbidden('Authentication credentials were not provided.');
    if (!account.permissions.includes(permission)) throw forbidden(`The key lacks the permission ${permission}`);
    return account;
  }
}
