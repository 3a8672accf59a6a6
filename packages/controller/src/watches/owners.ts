import { parseIpv4 } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { ApiKeys, User, Users, WatchRow } from '@revtr/storage';
import type { AgentDirectory } from '../agents/directory.ts';
import { ControllerError } from '../foundation/errors.ts';
import { withRole } from '../foundation/rights.ts';
import type { PauseReason } from './alerts/pause-reasons.ts';

/** Decides for whom a run is submitted, and what it means that it was refused. */
export class WatchOwners {
  readonly #users: Pick<Users, 'find'>;
  readonly #keys: Pick<ApiKeys, 'of'>;
  readonly #directory: Pick<AgentDirectory, 'find'>;
  readonly #clock: Clock;

  constructor(collaborators: {
    readonly users: Pick<Users, 'find'>;
    readonly keys: Pick<ApiKeys, 'of'>;
    readonly directory: Pick<AgentDirectory, 'find'>;
    readonly clock: Clock;
  }) {
    this.#users = collaborators.users;
    this.#keys = collaborators.keys;
    this.#directory = collaborators.directory;
    this.#clock = collaborators.clock;
  }

  /**
   * The user of a watch, with the rights of the key that created or resumed it, or why the watch must be paused. Without a key, an operator
   * has the rights of any user.
   */
  async of(
    watch: Pick<WatchRow, 'user_id' | 'key_id'>,
  ): Promise<{ readonly user: User } | { readonly pause: PauseReason }> {
    const user = await this.#users.find(watch.user_id);
    if (user === undefined || user.disabled_at !== null) return { pause: 'userDisabled' };
    if (watch.key_id === null) return { user: withRole(user, []) };
    const key = (await this.#keys.of(user.id)).find(({ id }) => id === watch.key_id);
    if (key === undefined) return { pause: 'keyRevoked' };
    if (key.expires_at !== null && key.expires_at.getTime() <= this.#clock.now()) return { pause: 'keyExpired' };
    return { user: withRole(user, key.scopes) };
  }

  /** What follows from a refused submission: the run is skipped, or the watch is paused. Rethrows every other error. */
  explain({ source }: WatchRow, error: unknown): { readonly pause: PauseReason } | { readonly skip: string } {
    if (!(error instanceof ControllerError) || error.status >= 500) throw error;
    if (error.code !== 'invalidPairs') return { skip: error.code };
    if (error.places.every(({ code }) => code !== 'unknownSource')) return { pause: 'destinationRefused' };
    const agent = this.#directory.find(parseIpv4(source));
    if (agent === undefined || agent.state === 'withdrawn') return { pause: 'sourceRemoved' };
    return agent.state === 'ready' ? { pause: 'sourceNotPermitted' } : { skip: 'sourceNotReady' };
  }
}
