import { setImmediate } from 'node:timers/promises';
import { BUDGET_KINDS, type Clock } from '@revtr/probing';
import type { ProbeCounts } from '@revtr/storage';
import type { Logger } from 'pino';
import { Periodic } from '../../foundation/periodic.ts';
import type { BudgetGuard } from './budget-guard.ts';
import { decodeCounts, encodeCounts, type KindCounts } from './counts-codec.ts';

export interface BudgetJournalOptions {
  /** How often the counts that have changed are stored, milliseconds. A crash loses what was counted since. */
  readonly everyMs: number;
  /** After so many entries the journal is replaced by all counts. */
  readonly mostEntries: number;
}

export interface BudgetJournalCollaborators {
  readonly guard: BudgetGuard;
  readonly counts: ProbeCounts;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Counts in one entry of the journal: 0.9 MB. */
const COUNTS_PER_ENTRY = 65_536;

/** Stores the counts of the day, and restores them after a restart. */
export class BudgetJournal {
  readonly #options: BudgetJournalOptions;
  readonly #collaborators: BudgetJournalCollaborators;
  readonly #storing: Periodic;
  #day: number;
  /** Entries since the journal was last replaced. At the first store it is replaced in any case. */
  #entries = Number.POSITIVE_INFINITY;

  constructor(options: BudgetJournalOptions, collaborators: BudgetJournalCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    this.#day = collaborators.guard.day;
    this.#storing = new Periodic(
      { everyMs: options.everyMs },
      { clock: collaborators.clock, work: () => this.store(), onError: (error) => this.#failed(error) },
    );
  }

  /** Adds what was counted today before a restart. */
  async restore(): Promise<void> {
    const { guard, counts } = this.#collaborators;
    for await (const entry of counts.entries(guard.day))
      for (const stored of decodeCounts(entry)) guard.tables[stored.kind].restore(stored);
  }

  start(): void {
    this.#storing.start();
  }

  /** Stores what has been counted since the last time. */
  async store(): Promise<void> {
    const { guard, counts } = this.#collaborators;
    const { day } = guard;
    const changed = BUDGET_KINDS.flatMap((kind) =>
      guard.tables[kind].takeChanged().map((stored) => ({ kind, ...stored })),
    );
    const isReplaced = day !== this.#day || this.#entries >= this.#options.mostEntries;
    if (isReplaced) {
      await counts.replace(day, await this.#allCounts());
      this.#day = day;
      this.#entries = 0;
      return;
    }
    for (let i = 0; i < changed.length; i += COUNTS_PER_ENTRY, this.#entries++)
      await counts.append(day, encodeCounts(changed.slice(i, i + COUNTS_PER_ENTRY)));
  }

  async stop(): Promise<void> {
    await this.#storing.stop();
    await this.store().catch((error: unknown) => this.#failed(error));
  }

  /** All counts, in entries. Lets other work run between two entries; what is counted meanwhile has changed for the next store. */
  async #allCounts(): Promise<Uint8Array[]> {
    const entries: Uint8Array[] = [];
    for (const kind of BUDGET_KINDS) {
      let part: KindCounts[] = [];
      for (const stored of this.#collaborators.guard.tables[kind].all()) {
        part.push({ kind, ...stored });
        if (part.length < COUNTS_PER_ENTRY) continue;
        entries.push(encodeCounts(part));
        part = [];
        await setImmediate();
      }
      if (part.length > 0) entries.push(encodeCounts(part));
    }
    return entries;
  }

  /** What could not be stored is part of all counts, which the next attempt stores. */
  #failed(error: unknown): void {
    this.#entries = Number.POSITIVE_INFINITY;
    this.#collaborators.log.error({ err: error }, 'the packets counted for the daily budgets could not be stored');
  }
}
