import type { Bus } from '@revtr/bus';
import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import type { Changes } from '../cluster/changes.ts';
import { isCutOff } from '../cluster/lost-bus.ts';
import { Periodic } from '../foundation/periodic.ts';
import type { KillSwitches } from './kill-switches.ts';

/** How often the switches are read although nobody has said that they have changed, milliseconds. */
const READ_MS = 1_000;
/** How often a process looks whether it has lost the bus, milliseconds. */
const LOOK_MS = 1_000;

/**
 * Shares kill switches with the other processes: whoever changes them tells all, and all read them every second in case the message was lost. A process
 * that has been without the bus for ten seconds stops probing until the bus is back.
 */
export class SharedSwitches {
  readonly #reading: Periodic;
  /** A read can take as long as the database does not answer. */
  readonly #looking: Periodic;

  constructor(collaborators: {
    readonly switches: KillSwitches;
    readonly bus: Bus;
    readonly changes: Changes;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    const { switches, bus, changes, clock, log } = collaborators;
    const refresh = (): Promise<void> => switches.refresh();
    switches.onWritten(() => changes.announce({ type: 'killSwitches' }));
    changes.on('killSwitches', refresh, refresh);
    this.#reading = new Periodic(
      { everyMs: READ_MS },
      {
        clock,
        work: refresh,
        onError: (error) => log.error({ err: error }, 'the kill switches could not be read'),
      },
    );
    this.#looking = new Periodic(
      { everyMs: LOOK_MS },
      {
        clock,
        work: async () => {
          switches.suspend(
            isCutOff(bus) ? 'the bus of the controller has been away for more than ten seconds' : undefined,
          );
        },
        onError: (error) => log.error({ err: error }, 'the loss of the bus could not be noted'),
      },
    );
  }

  start(): void {
    this.#reading.start();
    this.#looking.start();
  }

  async stop(): Promise<void> {
    await this.#looking.stop();
    await this.#reading.stop();
  }
}
