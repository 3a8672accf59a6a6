import { setImmediate } from 'node:timers/promises';
import {
  type Atlas,
  ObservedRouters,
  type Owners,
  observeRouters,
  RouterOwners,
  type RouterOwnersFacts,
} from '@revtr/engine';
import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import { Periodic } from '../foundation/periodic.ts';

export interface OwnersPassOptions {
  /** Pause between two passes, milliseconds. */
  readonly everyMs: number;
  /** How many times longer than a pass the pause after it is, at least: this bounds the share of the processor that passes take. */
  readonly restFactor: number;
  /** Most routers that are observed. */
  readonly mostRouters: number;
}

export interface OwnersPassCollaborators extends RouterOwnersFacts {
  readonly atlas: Atlas;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Learns from the atlas, from time to time, which networks operate the routers on its paths. */
export class OwnersPass {
  readonly #options: OwnersPassOptions;
  readonly #collaborators: OwnersPassCollaborators;
  readonly #owners: RouterOwners;
  readonly #passes: Periodic;

  constructor(options: OwnersPassOptions, collaborators: OwnersPassCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    this.#owners = new RouterOwners(collaborators);
    this.#passes = new Periodic(
      { everyMs: options.everyMs, isImmediate: true },
      {
        clock: collaborators.clock,
        work: (signal) => this.#pass(signal),
        onError: (error) => collaborators.log.error({ err: error }, 'owners of routers could not be learned'),
      },
    );
  }

  /** The owners that the last pass has found. */
  get owners(): Owners {
    return this.#owners;
  }

  start(): void {
    this.#passes.start();
  }

  /** Begins a pass now, or as soon as the rest after the one under way is over, because there are paths to another source. */
  wake(): void {
    this.#passes.wake();
  }

  stop(): Promise<void> {
    return this.#passes.stop();
  }

  async #pass(signal: AbortSignal): Promise<void> {
    const { atlas, aliases, clock } = this.#collaborators;
    const startedAt = clock.now();
    const pause = async (): Promise<void> => {
      await setImmediate();
      signal.throwIfAborted();
    };
    const routers = new ObservedRouters(aliases, { capacity: this.#options.mostRouters });
    for (const source of atlas.all()) await observeRouters(source, routers, pause);
    await this.#owners.learn(routers, pause);
    await clock.sleep((clock.now() - startedAt) * this.#options.restFactor, signal);
  }
}
