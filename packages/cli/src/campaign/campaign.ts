import { randomUUID } from 'node:crypto';
import { ClientError, isClientError, type RequestedPair, type ReverseTracerouteClient } from '@revtr/client';
import { isComplete } from '../exit-codes.ts';
import type { GroupPart, Journal, SubmittedGroup } from './journal.ts';
import type { OutputFile } from './output-file.ts';
import type { ProgressLine } from './progress.ts';

/** Batches that are under way at once. */
const MOST_UNDER_WAY = 16;
/** Batches that the server has and the output does not have: those under way, and those that are complete and wait to be written. */
const MOST_UNWRITTEN = 48;
const POLL_MS = 1_000;
/** How often the output gets the results of a batch that is not complete, milliseconds. */
const WRITE_EVERY_MS = 5_000;
/** Pause when the server cannot be reached, and after how much time without an answer the campaign gives up, milliseconds. */
const RETRY_MS = 5_000;
const GIVE_UP_MS = 600_000;

interface UnderWay extends SubmittedGroup {
  readonly group: number;
  readonly pairs: readonly RequestedPair[];
  /** What the output has of the batch. */
  part: GroupPart;
  /** When the output last got results of the batch, milliseconds since the Unix epoch. */
  writtenAt: number;
}

const NOTHING: GroupPart = { after: 0, pairs: 0, reached: 0 };

/** How a campaign ended. */
export interface CampaignSummary {
  readonly pairs: number;
  readonly reached: number;
  /** Pairs that the server did not accept. */
  readonly rejected: number;
}

/**
 * Measures groups of pairs as batches, as many at a time as the server accepts. While a batch runs, its results are added to the output in the
 * order of the batch, up to the first measurement that has not ended. Further batches are submitted meanwhile: the server is never without
 * work. The journal makes every step repeatable: each pair is measured once and is in the output once, whenever the process ends.
 */
export class Campaign {
  readonly #client: ReverseTracerouteClient;
  readonly #journal: Journal;
  readonly #output: OutputFile;
  readonly #progress: ProgressLine;
  readonly #now: () => number;
  readonly #sleep: (ms: number) => Promise<unknown>;
  readonly #signal: AbortSignal | undefined;
  readonly #underWay = new Set<UnderWay>();
  /** Batches that are complete and not yet written, in the order in which they are written. */
  readonly #complete = new Set<UnderWay>();
  /** Batches under way that have results to write. Complete ones come first. */
  readonly #growing = new Set<UnderWay>();
  /** Resolves when nothing is left to write, or when something could not be written. */
  #writing: Promise<void> | undefined;
  #writeError: unknown;
  /** Pairs of the groups that are in the output as a whole. */
  #finished = 0;
  #written = 0;
  #reached = 0;
  #rejected = 0;
  /** When the server may accept another batch, milliseconds since the Unix epoch. */
  #blockedUntil = 0;
  /** Whether only a batch that ends makes room: then the server need not be asked before. */
  #isFull = false;
  /** When the first of the calls failed since which none succeeded, milliseconds since the Unix epoch. */
  #failingSince: number | undefined;

  constructor(collaborators: {
    readonly client: ReverseTracerouteClient;
    readonly journal: Journal;
    readonly output: OutputFile;
    readonly progress: ProgressLine;
    readonly now: () => number;
    /** Waits; resolves early when `signal` fires. */
    readonly sleep: (ms: number) => Promise<unknown>;
    /** Ends the campaign between two steps. */
    readonly signal?: AbortSignal | undefined;
  }) {
    this.#client = collaborators.client;
    this.#journal = collaborators.journal;
    this.#output = collaborators.output;
    this.#progress = collaborators.progress;
    this.#now = collaborators.now;
    this.#sleep = collaborators.sleep;
    this.#signal = collaborators.signal;
  }

  /**
   * Runs until all groups are in the output.
   * @throws {ClientError} when the server refuses a batch, or cannot be reached for minutes; `cancelled` when the signal fires
   */
  async run(groups: AsyncIterator<RequestedPair[]>): Promise<CampaignSummary> {
    try {
      let next = await groups.next();
      for (let group = 0; next.done !== true || this.#unwritten > 0; ) {
        this.#check();
        if (next.done !== true && this.#hasRoom) {
          if (!(await this.#begin(group, next.value))) continue;
          next = await groups.next();
          group++;
        } else await this.#advance();
      }
    } finally {
      await this.#writing;
      if (this.#unwritten === 0) this.#show(this.#written);
      this.#progress.end();
    }
    return { pairs: this.#written, reached: this.#reached, rejected: this.#rejected };
  }

  get #unwritten(): number {
    return this.#underWay.size + this.#complete.size;
  }

  get #hasRoom(): boolean {
    const mayFill = this.#underWay.size < MOST_UNDER_WAY && this.#unwritten < MOST_UNWRITTEN;
    return mayFill && this.#blockedUntil <= this.#now();
  }

  /** Ends the campaign after an interruption, or when results could not be written. */
  #check(): void {
    if (this.#writeError !== undefined) throw this.#writeError;
    if (this.#signal?.aborted === true) throw new ClientError('cancelled', 'the campaign was interrupted', {});
  }

  /** Submits a group unless that has happened before. Returns false when the server does not accept it now. */
  async #begin(group: number, pairs: readonly RequestedPair[]): Promise<boolean> {
    const known = this.#journal.group(group);
    if (known.reached !== undefined) {
      this.#finished += pairs.length;
      this.#rejected += known.submitted?.rejected.length ?? 0;
      this.#count(pairs.length, known.reached);
      return true;
    }
    let { submitted } = known;
    if (submitted === undefined) {
      const key = known.key ?? randomUUID();
      if (known.key === undefined) await this.#journal.add({ group, key });
      submitted = await this.#patiently(() => this.#submit(pairs, key));
      if (submitted === undefined) return false;
      await this.#journal.add({ group, ...submitted });
    }
    const { part = NOTHING } = known;
    this.#count(part.pairs, part.reached);
    this.#underWay.add({ group, pairs, ...submitted, part, writtenAt: this.#now() });
    return true;
  }

  async #submit(pairs: readonly RequestedPair[], idempotencyKey: string): Promise<SubmittedGroup> {
    const { batchId = null, rejected } = await this.#client.submitValid(pairs, { idempotencyKey });
    return { batchId, rejected: rejected.map(({ index, code, message }) => ({ index, code, message })) };
  }

  /** Looks which batches are complete, lets them be written, and waits if there was none. */
  async #advance(): Promise<void> {
    if (this.#complete.size + this.#growing.size > 0) this.#writing ??= this.#write();
    if (this.#underWay.size === 0) return this.#writing ?? this.#waitForQuota();
    const complete = await this.#patiently(() => this.#findComplete());
    if (complete === undefined) return;
    for (const batch of complete) {
      this.#underWay.delete(batch);
      this.#growing.delete(batch);
      this.#complete.add(batch);
      if (this.#isFull) this.#blockedUntil = 0;
    }
    if (complete.length === 0) await this.#sleep(POLL_MS);
  }

  /** Writes results until none is left. Never rejects. */
  async #write(): Promise<void> {
    try {
      await this.#writeAll();
    } catch (error) {
      this.#writeError = error;
    } finally {
      this.#writing = undefined;
    }
  }

  async #writeAll(): Promise<void> {
    while (this.#signal?.aborted !== true) {
      const [complete] = this.#complete;
      if (complete !== undefined) {
        await this.#writeRest(complete);
        continue;
      }
      const [growing] = this.#growing;
      if (growing === undefined) return;
      this.#growing.delete(growing);
      await this.#writePart(growing);
    }
  }

  /** Writes what the output does not have of a complete batch, unless the server has to be asked again. */
  async #writeRest(batch: UnderWay): Promise<void> {
    const { group, pairs, rejected, part } = batch;
    const written = await this.#patiently(() => this.#append(batch, rejectedLines(batch)));
    if (written === undefined) return;
    const { writtenTo, reached } = written;
    await this.#journal.add({ group, writtenTo, reached });
    this.#complete.delete(batch);
    this.#finished += pairs.length;
    this.#rejected += rejected.length;
    this.#count(pairs.length - part.pairs, reached - part.reached);
  }

  /** Writes the results of a batch that have arrived since the last time, up to the first measurement that has not ended. */
  async #writePart(batch: UnderWay): Promise<void> {
    const { group, part } = batch;
    const written = await this.#patiently(() => this.#append(batch, []));
    batch.writtenAt = this.#now();
    if (written === undefined || written.pairs === part.pairs) return;
    const { writtenTo, ...now } = written;
    await this.#journal.add({ group, writtenTo, ...now });
    batch.part = now;
    this.#count(now.pairs - part.pairs, now.reached - part.reached);
  }

  #count(pairs: number, reached: number): void {
    this.#written += pairs;
    this.#reached += reached;
  }

  #show(done: number, note?: string): void {
    const state = { done, written: this.#written, reached: this.#reached };
    this.#progress.show({ ...state, ...(note !== undefined && { note }) });
  }

  async #findComplete(): Promise<UnderWay[]> {
    const limit = this.#underWay.size;
    const latest = new Map((await this.#client.batches({ limit })).map((batch) => [batch.id, batch]));
    const complete: UnderWay[] = [];
    let done = this.#finished;
    for (const { pairs } of this.#complete) done += pairs.length;
    for (const batch of this.#underWay) {
      const { batchId } = batch;
      if (batchId === null) complete.push(batch);
      else {
        const found = latest.get(batchId) ?? (await this.#client.batches({ limit: 1, before: batchId + 1 }))[0];
        done += found.done;
        const { part, writtenAt } = batch;
        if (found.done === found.total) complete.push(batch);
        else if (found.done > part.pairs && this.#now() - writtenAt >= WRITE_EVERY_MS) this.#growing.add(batch);
      }
    }
    this.#show(done);
    return complete;
  }

  /** Adds results that the output does not have to it, and `more` lines. Returns what the output then has of the batch. */
  async #append(batch: UnderWay, more: Iterable<string>): Promise<GroupPart & { readonly writtenTo: number }> {
    const { batchId } = batch;
    const client = this.#client;
    let { after, pairs, reached } = batch.part;
    async function* lines(): AsyncGenerator<string> {
      if (batchId !== null) {
        for await (const { measurement, line } of client.resultLines(batchId, { after })) {
          if (!Number.isSafeInteger(measurement.id) || measurement.id <= after) throw notInOrder(batchId);
          after = measurement.id;
          pairs++;
          if (isComplete(measurement)) reached++;
          yield line;
        }
      }
      yield* more;
    }
    const writtenTo = await this.#output.append(lines());
    return { writtenTo, after, pairs, reached };
  }

  /** Runs a call. When the server asks to wait or cannot be reached, waits and returns `undefined`: the caller tries again. */
  async #patiently<T>(call: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await call();
      this.#failingSince = undefined;
      return result;
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      if (isClientError(error, 'quota') && error.details.retryAfterSeconds !== undefined) {
        this.#isFull = error.serverCode === 'quotaParallel';
        this.#blockedUntil = this.#now() + 1_000 * error.details.retryAfterSeconds;
        if (this.#underWay.size === 0) await this.#waitForQuota();
        return undefined;
      }
      const isPassing = error.code === 'unreachable' || error.code === 'failed';
      this.#failingSince ??= this.#now();
      if (!isPassing || this.#now() - this.#failingSince > GIVE_UP_MS) throw error;
      this.#show(this.#written, `waiting for the server (${error.message})`);
      await this.#sleep(RETRY_MS);
      return undefined;
    }
  }

  async #waitForQuota(): Promise<void> {
    const seconds = Math.ceil((this.#blockedUntil - this.#now()) / 1000);
    this.#show(this.#written, `waiting ${seconds} s for your limits`);
    await this.#sleep(Math.max(0, this.#blockedUntil - this.#now()));
  }
}

function notInOrder(batchId: number): ClientError {
  const reason = `the server sent results of batch ${batchId} that are not in order`;
  return new ClientError('badAnswer', reason, { reason });
}

/** What the output has of the pairs that the server did not accept. */
function* rejectedLines({ pairs, rejected }: UnderWay): Generator<string> {
  for (const { index, code, message } of rejected) {
    const { src, dst, label = '' } = pairs[index];
    yield JSON.stringify({ source: src, destination: dst, label, state: 'rejected', code, message });
  }
}
