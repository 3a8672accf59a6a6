import { formatIpv4, parseIpv4 } from '@revtr/net';
import type { SourceShares, User } from '@revtr/storage';
import type { AgentDirectory, RegisteredAgent } from './directory.ts';

/** Decides who may measure to a source: its owner, operators, and those whom its host permits. */
export class SourceAccess {
  readonly #directory: AgentDirectory;
  readonly #shares: SourceShares;

  constructor(collaborators: { readonly directory: AgentDirectory; readonly shares: SourceShares }) {
    this.#directory = collaborators.directory;
    this.#shares = collaborators.shares;
  }

  /** The sources in state `ready` that a user may measure to. Others do not exist for the user. */
  async readySources(user: User): Promise<readonly RegisteredAgent[]> {
    const ready = this.#directory.readySources();
    const isShared = ready.some(({ visibility }) => visibility === 'shared');
    const shared = new Set(isShared ? (await this.#shares.sharedWith(user.email)).map(parseIpv4) : []);
    return ready.filter(
      ({ address, visibility, user_id }) =>
        visibility === 'public' ||
        user.role === 'operator' ||
        user_id === user.id ||
        (visibility === 'shared' && shared.has(address)),
    );
  }

  /** E-mail addresses of the users with whom a source is shared. */
  async usersOf({ address }: RegisteredAgent): Promise<readonly string[]> {
    return this.#shares.usersOf(formatIpv4(address));
  }

  /** Sets who may measure to a source. `users` are e-mail addresses; they matter to visibility `shared`. */
  async change(
    { address }: RegisteredAgent,
    visibility: RegisteredAgent['visibility'],
    users: readonly string[],
  ): Promise<void> {
    await this.#shares.replace(formatIpv4(address), visibility === 'shared' ? users : []);
    await this.#directory.change(address, { visibility });
  }
}
