import { isDeepStrictEqual } from 'node:util';
import { parseIpv4 } from '@revtr/net';
import type { Clock } from '@revtr/probing';
import type { ApiKeys, User, Users, WatchRow } from '@revtr/storage';
import type { AgentDirectory, RegisteredAgent } from '../agents/directory.ts';
import { ControllerError } from '../foundation/errors.ts';
import { withRole } from '../foundation/rights.ts';
import type { PauseReason } from './alerts/pause-reasons.ts';

/** Decides for whom a run is submitted, and what it means that it was refused. */
export class WatchOwners {
  readonly #users: Pick<Users, 'find'>;
  readonly #keys: Pick<ApiKeys, 'find'>;
  readonly #directory: Pick<AgentDirectory, 'find' | 'refresh'>;
  readonly #clock: Clock;

  constructor(collaborators: {
    readonly users: Pick<Users, 'find'>;
    readonly keys: Pick<ApiKeys, 'find'>;
    readonly directory: Pick<AgentDirectory, 'find' | 'refresh'>;
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
    const key = await this.#keys.find(user.id, watch.key_id);
    if (key === undefined) return { pause: 'keyRevoked' };
    if (key.expires_at !== null && key.expires_at.getTime() <= this.#clock.now()) return { pause: 'keyExpired' };
    return { user: withRole(user, key.scopes) };
  }

  /**
   * What follows from a refused submission: the run is skipped, or the watch is paused. `sourceChanged`: the source is not what this process knew of it
   * when the run was submitted; nobody may have told it. Rethrows every other error.
   */
  async explain(
    { source }: WatchRow,
    error: unknown,
  ): Promise<{ readonly pause: PauseReason } | { readonly skip: string }> {
    if (!(error instanceof ControllerError) || error.status >= 500) throw error;
    if (error.code !== 'invalidPairs') return { skip: error.code };
    if (error.places.every(({ code }) => code !== 'unknownSource')) return { pause: 'destinationRefused' };
    const address = parseIpv4(source);
    const before = this.#directory.find(address);
    await this.#directory.refresh(address);
    const agent = this.#directory.find(address);
    if (agent === undefined || agent.state === 'withdrawn') return { pause: 'sourceRemoved' };
    if (agent.state !== 'ready') return { skip: 'sourceNotReady' };
    return isDeepStrictEqual(rightsOf(before), rightsOf(agent))
      ? { pause: 'sourceNotPermitted' }
      : { skip: 'sourceChanged' };
  }
}

/** What decides who may measure to a source. */
const rightsOf = (agent: RegisteredAgent | undefined) =>
  agent && { state: agent.state, visibility: agent.visibility, owner: agent.user_id };
