import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { TargetPolicy } from '@revtr/probing';
import { USER_SCOPES, type User, type Users } from '@revtr/storage';
import type { AgentDirectory } from '../agents/directory.ts';
import { toUserColumns, type UserLimits } from '../agents/user-limits.ts';

/** A user of another system. */
export interface MigratedUser {
  readonly name: string;
  readonly email: string;
  /** Limits that the other system has; those of new users are used for the rest. */
  readonly perDay?: number | undefined;
  readonly parallel?: number | undefined;
  /** SHA-256 of each API key, 64 hexadecimal digits. */
  readonly keyHashes: readonly string[];
}

/** A host of another system. */
export interface MigratedHost {
  readonly address: Ipv4Address;
  readonly kind: 'source' | 'vantagePoint';
  readonly hostname: string;
  readonly site: string;
  /** E-mail address of the owner, who has an account by now. Default: the host belongs to the operators. */
  readonly owner?: string | undefined;
}

/** What became of a user or host: whether it is new, and why not. */
export interface Migrated {
  readonly outcome: 'added' | 'known' | 'refused';
  /** Empty for what is new. */
  readonly reason: string;
}

/** What became of a user. */
export interface MigratedUserOutcome extends Migrated {
  /** Keys that work from now on. */
  readonly keys: number;
}

const KEY_NAME = 'revtr 2.0';

/** Registers the users and hosts of another system. What is registered already stays as it is: doing the same again changes nothing. */
export class MigrationService {
  readonly #limits: UserLimits;
  readonly #users: Users;
  readonly #directory: AgentDirectory;
  readonly #targetPolicy: TargetPolicy;

  constructor(
    options: {
      /** Limits of new users. */
      readonly limits: UserLimits;
    },
    collaborators: {
      readonly users: Users;
      readonly directory: AgentDirectory;
      readonly targetPolicy: TargetPolicy;
    },
  ) {
    this.#limits = options.limits;
    this.#users = collaborators.users;
    this.#directory = collaborators.directory;
    this.#targetPolicy = collaborators.targetPolicy;
  }

  /**
   * Gives a user an account, unless there is one with the e-mail address, and adds the keys to the account. The keys have the rights of a user,
   * also in the account of an operator: the other system stored them in clear text.
   */
  async addUser(user: MigratedUser, isDryRun: boolean): Promise<MigratedUserOutcome> {
    const before = await this.#users.findByEmail(user.email);
    if (before !== undefined && before.disabled_at !== null)
      return { outcome: 'refused', reason: 'the account is disabled', keys: 0 };
    if (isDryRun) return { ...outcomeOf(before), keys: user.keyHashes.length };
    const account = before ?? (await this.#users.ensure(this.#accountOf(user)));
    let keys = 0;
    for (const hash of user.keyHashes) {
      const hashed = { hash, fingerprint: hash.slice(0, 8) };
      const added = await this.#users.addKey(account.id, hashed, { name: KEY_NAME, scopes: USER_SCOPES });
      if (added !== undefined) keys++;
    }
    return { ...outcomeOf(before), keys };
  }

  /** Registers a host, which is expected to connect. */
  async addHost(host: MigratedHost, isDryRun: boolean): Promise<Migrated> {
    const { address, kind, hostname, site } = host;
    const refusal = this.#targetPolicy.refuse(address);
    if (refusal !== undefined) return { outcome: 'refused', reason: refusal.message };
    const registered = this.#directory.findRegistered(address);
    if (registered !== undefined) {
      const reason = `${formatIpv4(address)} is registered`;
      return registered.kind === kind
        ? { outcome: 'known', reason }
        : { outcome: 'refused', reason: `${reason} as a ${registered.kind === 'source' ? 'source' : 'vantage point'}` };
    }
    if (isDryRun) return ADDED;
    const owner = host.owner === undefined ? undefined : await this.#users.findByEmail(host.owner);
    if (host.owner !== undefined && owner === undefined)
      return { outcome: 'refused', reason: `${host.owner} has no account` };
    const agent = { address, kind, hostname, site, user_id: owner?.id ?? null, state: 'expected' } as const;
    return (await this.#directory.register(agent))
      ? ADDED
      : { outcome: 'known', reason: 'it was registered meanwhile' };
  }

  #accountOf({ name, email, perDay, parallel }: MigratedUser) {
    const limits = {
      ...this.#limits,
      ...(perDay !== undefined && { perDay }),
      ...(parallel !== undefined && { parallel }),
    };
    // The other system had no limit per minute: a user who was allowed so many in parallel submitted them at once.
    const perMinute = Math.max(limits.perMinute, limits.parallel);
    return { name, email, role: 'user' as const, ...toUserColumns({ ...limits, perMinute }) };
  }
}

const ADDED: Migrated = { outcome: 'added', reason: '' };

const outcomeOf = (before: User | undefined): Migrated =>
  before === undefined ? ADDED : { outcome: 'known', reason: 'there is an account with this e-mail address' };
