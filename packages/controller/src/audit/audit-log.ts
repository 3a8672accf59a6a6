import type { Clock } from '@revtr/probing';
import type { AuditBlocks } from '@revtr/storage';
import type { Logger } from 'pino';
import { ControllerError } from '../foundation/errors.ts';
import { Periodic } from '../foundation/periodic.ts';
import { Turns } from '../foundation/turns.ts';
import type { AuditJournal } from './audit-journal.ts';
import { mergeBlocks } from './audit-merge.ts';
import type { AuditRecord } from './audit-record.ts';
import { type AuditAnswer, type AuditQuery, searchAudit } from './audit-search.ts';
import { notStored } from './not-stored.ts';
import { toBlocks } from './to-blocks.ts';

export interface AuditLogOptions {
  /** How often records are written to the database, milliseconds. */
  readonly flushMs: number;
  /** How long records are kept, milliseconds. */
  readonly keepMs: number;
  /** Most records that wait for the database. When there are more, {@link AuditLog.add} rejects. Default 500,000, about 100 MB. */
  readonly mostWaiting?: number;
}

export interface AuditLogCollaborators {
  readonly blocks: AuditBlocks;
  readonly journal: AuditJournal;
  readonly clock: Clock;
  readonly log: Logger;
}

const MOST_WAITING = 500_000;
/** How soon it is tried whether records can be kept again, milliseconds. The pause doubles each time that they could be kept only for a moment. */
const RETRY_MS = 1_000;
const MOST_RETRY_MS = 60_000;
const MERGE_MS = 60_000;
/** Searches that are under way or wait, each up to about a second of work: what moves records to the database waits for them. */
const MOST_SEARCHES = 16;
const RETRY_S = 10;

/**
 * Records of all probes, for as long as the retention says. A new record is in a journal on disk before its probe is sent, reaches the
 * database within seconds in a small block, and is merged later into blocks sorted by target, because most questions name a target.
 */
export class AuditLog {
  readonly #options: AuditLogOptions;
  readonly #collaborators: AuditLogCollaborators;
  readonly #flushing: Periodic;
  readonly #merging: Periodic;
  readonly #retrying: Periodic;
  readonly #mostWaiting: number;
  /** What moves records and what reads them take turns: a search that saw a record at both places would return it twice. */
  readonly #turns = new Turns();
  /** Added in this turn of the event loop, and not in the journal yet. */
  #gathered: AuditRecord[] = [];
  #keeping: Promise<void> | undefined;
  #fresh: AuditRecord[] = [];
  /** Being written to the database. */
  #leaving: readonly AuditRecord[] = [];
  #flush: Promise<void> | undefined;
  #searches = 0;
  #canRecord = true;
  #retryMs = RETRY_MS;
  #changedAt = Number.NEGATIVE_INFINITY;
  readonly #listeners: ((canRecord: boolean) => void)[] = [];

  constructor(options: AuditLogOptions, collaborators: AuditLogCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    this.#mostWaiting = options.mostWaiting ?? MOST_WAITING;
    const { clock, log } = collaborators;
    this.#flushing = new Periodic(
      { everyMs: options.flushMs },
      {
        clock,
        work: () => this.flush(),
        onError: (error) =>
          log.error({ err: error }, 'the audit cannot be written to the database; it stays in the journal'),
      },
    );
    this.#retrying = new Periodic(
      { everyMs: RETRY_MS },
      {
        clock,
        work: async () => this.#retry(),
        onError: (error) => log.debug({ err: error }, 'the audit still cannot record probes'),
      },
    );
    this.#merging = new Periodic(
      { everyMs: MERGE_MS },
      {
        clock,
        work: async (signal) => {
          await this.forget();
          await this.merge(signal);
        },
        onError: (error) => log.error({ err: error }, 'audit blocks cannot be merged'),
      },
    );
  }

  /**
   * Stores what the journal of an earlier run holds. Call it before {@link add} and {@link start}.
   * @throws {StorageError} when the directory of the journal or the database cannot be used
   */
  async open(): Promise<void> {
    const left = await this.#collaborators.journal.open();
    if (left.length === 0) return;
    // The earlier run may have stored some of them and died before it deleted them from the journal.
    this.#fresh = await notStored(left, this.#collaborators);
    await this.flush();
    await this.#collaborators.journal.dropRotated();
  }

  /** Whether records can be kept, as far as is known. Without that no probe may be sent. */
  get canRecord(): boolean {
    return this.#canRecord;
  }

  /** Calls `listener` when records cannot be kept any more, before {@link add} rejects, and when they can be kept again. */
  onChange(listener: (canRecord: boolean) => void): void {
    this.#listeners.push(listener);
  }

  start(): void {
    this.#retrying.start();
    this.#flushing.start();
    this.#merging.start();
  }

  /** Writes what waits to the database, and closes the journal. */
  async stop(): Promise<void> {
    await this.#retrying.stop();
    await this.#flushing.stop();
    await this.#merging.stop();
    try {
      await this.flush();
    } finally {
      this.#collaborators.journal.close();
    }
  }

  /**
   * Keeps a record: when the promise fulfils, it survives the end of the process. Records of one turn of the event loop are written together, because
   * each write costs a system call.
   * @throws when the journal cannot be written, or too many records wait for the database
   */
  add(record: AuditRecord): Promise<void> {
    this.#gathered.push(record);
    this.#keeping ??= new Promise<void>((resolve) => process.nextTick(resolve)).then(() => this.#keep());
    return this.#keeping;
  }

  #keep(): void {
    const records = this.#gathered;
    this.#gathered = [];
    this.#keeping = undefined;
    if (!this.#canRecord) throw new Error('the audit cannot keep records at this moment');
    try {
      this.#requireRoom(records.length);
      this.#collaborators.journal.add(records);
    } catch (error) {
      this.#collaborators.log.error({ err: error }, 'the audit cannot record probes: no probe is sent');
      this.#note(false);
      throw error;
    }
    for (const record of records) this.#fresh.push(record);
  }

  #requireRoom(records: number): void {
    if (this.#fresh.length + this.#leaving.length + records > this.#mostWaiting)
      throw new Error('the database has not taken the records of the audit for too long');
  }

  /** @throws when records still cannot be kept */
  #retry(): void {
    const waitedMs = this.#collaborators.clock.now() - this.#changedAt;
    if (this.#canRecord || (waitedMs >= 0 && waitedMs < this.#retryMs)) return;
    this.#requireRoom(1);
    this.#collaborators.journal.requireRoom();
    this.#collaborators.log.info('the audit records probes again');
    this.#note(true);
  }

  #note(canRecord: boolean): void {
    const now = this.#collaborators.clock.now();
    const hasLasted = now - this.#changedAt > MOST_RETRY_MS;
    if (!canRecord) this.#retryMs = hasLasted ? RETRY_MS : Math.min(MOST_RETRY_MS, 2 * this.#retryMs);
    this.#changedAt = now;
    this.#canRecord = canRecord;
    for (const tell of this.#listeners) tell(canRecord);
  }

  /** Writes fresh records to the database and removes them from the journal. A call during another one waits for it. */
  flush(): Promise<void> {
    this.#flush ??= this.#turns
      .take(() => this.#store())
      .finally(() => {
        this.#flush = undefined;
      });
    return this.#flush;
  }

  /** The newest records that match. @throws {ControllerError} `tooManyRequests`, `upstreamFailed` */
  async find(query: AuditQuery): Promise<AuditAnswer> {
    if (this.#searches >= MOST_SEARCHES)
      throw new ControllerError('tooManyRequests', `${MOST_SEARCHES} searches of the audit are under way`, {
        retryAfterSeconds: RETRY_S,
      });
    this.#searches++;
    try {
      return await this.#turns.take(() => searchAudit(query, [...this.#fresh, ...this.#leaving], this.#collaborators));
    } finally {
      this.#searches--;
    }
  }

  /** Merges small blocks. */
  merge(signal?: AbortSignal): Promise<void> {
    return mergeBlocks({ ...this.#collaborators, turns: this.#turns }, signal);
  }

  /** Deletes blocks that are older than the retention. */
  async forget(): Promise<void> {
    const { blocks, clock } = this.#collaborators;
    await blocks.deleteBefore(new Date(clock.now() - this.#options.keepMs));
  }

  async #store(): Promise<void> {
    const { blocks, journal } = this.#collaborators;
    if (this.#leaving.length === 0) {
      if (this.#fresh.length === 0) return;
      journal.rotate();
      this.#leaving = this.#fresh;
      this.#fresh = [];
    } else {
      // They are here after an attempt that failed, for instance because the connection was lost when they had been stored.
      this.#leaving = await notStored(this.#leaving, this.#collaborators);
    }
    await blocks.add(await toBlocks(this.#leaving, 0));
    this.#leaving = [];
    await journal.dropRotated();
  }
}
