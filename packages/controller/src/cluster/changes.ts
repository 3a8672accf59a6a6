import type { Bus, Topic } from '@revtr/bus';
import { DATASET_KINDS } from '@revtr/datasets';
import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import { z } from 'zod';
import { Periodic } from '../foundation/periodic.ts';

const changeSchema = z.discriminatedUnion('type', [
  /** An agent (dotted quad) was registered, or its record has changed. */
  z.object({ type: z.literal('agent'), address: z.ipv4() }),
  /** Kill switches were set or lifted. */
  z.object({ type: z.literal('killSwitches') }),
  /** Networks have opted out, or were taken from the list. */
  z.object({ type: z.literal('optOuts') }),
  /** Measurements were submitted. */
  z.object({ type: z.literal('submitted') }),
  /** A batch was cancelled. */
  z.object({ type: z.literal('cancelled'), batchId: z.int() }),
  /** A dataset was imported into the directory, which processes may share. */
  z.object({ type: z.literal('dataset'), kind: z.enum(DATASET_KINDS) }),
  /** An agent (dotted quad) must be disconnected. */
  z.object({ type: z.literal('expel'), address: z.ipv4(), reason: z.string().max(200) }),
]);
/** Something in the database that one process has changed, and others hold in memory. */
export type Change = z.infer<typeof changeSchema>;

const changesTopic: Topic<Change> = { name: 'changes', schema: changeSchema, mostBytes: 1_024 };

/** How often a process looks for changes of which nobody has told it, milliseconds. */
const LOOK_MS = 60_000;

/** How a process takes over one kind of change. */
export type OnChange<Type extends Change['type']> = (
  change: Extract<Change, { readonly type: Type }>,
) => void | Promise<void>;

/** Tells the other processes what this one has changed in the database, and is told by them. */
export class Changes {
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #handlers = new Map<Change['type'], (change: Change) => void | Promise<void>>();
  readonly #resyncs: { readonly type: Change['type']; readonly resync: () => void | Promise<void> }[] = [];
  readonly #looking: Periodic;
  #unsubscribe: () => void = () => undefined;

  constructor({ bus, log, clock }: { readonly bus: Bus; readonly log: Logger; readonly clock: Clock }) {
    this.#bus = bus;
    this.#log = log;
    this.#looking = new Periodic(
      { everyMs: LOOK_MS },
      {
        clock,
        work: () => this.#resync(),
        onError: (error) => log.error({ err: error }, 'what other processes have changed could not be read'),
      },
    );
  }

  /**
   * Calls `handle` with every change of one type that another process has made. `resync` is called when some may have been missed,
   * also at the start: others may have changed something since this process read it. It is also called once a minute: a process that ends
   * between a change and its announcement tells nobody.
   */
  on<Type extends Change['type']>(
    type: Type,
    handle: OnChange<Type>,
    resync: () => void | Promise<void> = () => undefined,
  ): void {
    const isOf = (change: Change): change is Extract<Change, { readonly type: Type }> => change.type === type;
    this.#handlers.set(type, (change) => (isOf(change) ? handle(change) : undefined));
    this.#resyncs.push({ type, resync });
  }

  announce(change: Change): void {
    this.#bus.publish(changesTopic, change);
  }

  /** Begins to listen. Resolves when what was changed before is known. @throws {BusError} `unreachable`, and what reading rejects with */
  async start(): Promise<void> {
    this.#unsubscribe = this.#bus.subscribe(changesTopic, {
      onMessage: (change) => this.#handlers.get(change.type)?.(change),
      onGap: () => this.#resync(),
    });
    await this.#bus.flush();
    await this.#resync();
    this.#looking.start();
  }

  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#looking.stop();
  }

  /** What cannot be read does not keep the rest from being read. The first failure is thrown, and all others are logged. */
  async #resync(): Promise<void> {
    let first: { readonly error: unknown } | undefined;
    for (const { type, resync } of this.#resyncs)
      try {
        await resync();
      } catch (error) {
        if (first === undefined) first = { error };
        else this.#log.error({ err: error, change: type }, 'what other processes have changed could not be read');
      }
    if (first !== undefined) throw first.error;
  }
}
