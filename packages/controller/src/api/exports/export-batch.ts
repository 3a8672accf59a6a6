import { setImmediate } from 'node:timers/promises';
import type { Batches } from '@revtr/storage';
import type { AddressFacts } from '../../facts/address-facts.ts';
import { PER_PAGE, pageTurns } from '../http/page-turns.ts';
import { toMeasurement } from '../v2/schemas.ts';
import type { EndedMeasurement, ExportWriter, FilePart } from './export-format.ts';

/** What is exported. */
export interface ExportedBatch {
  readonly batchId: number;
  readonly writer: ExportWriter;
  /**
   * The measurement behind which the file begins. The file then ends before the first one that has not ended: the files that readers get one
   * after the other have each measurement once. Default: the file has all that have ended.
   */
  readonly after?: number | undefined;
}

interface ExportCollaborators {
  readonly batches: Pick<Batches, 'measurementsOf'>;
  readonly facts: AddressFacts;
}

/**
 * The measurements of a batch that have ended, in its order, as a writer writes them. Reads a page at a time, when the reader of the file asks
 * for more.
 */
export async function* exportBatch(batch: ExportedBatch, collaborators: ExportCollaborators): AsyncGenerator<FilePart> {
  const { writer } = batch;
  const begin = writer.begin();
  if (begin.length > 0) yield begin;
  for (let after: number | undefined = batch.after ?? 0; after !== undefined; ) {
    const from = after;
    const page: ExportedPage = await pageTurns.run(() => pageOf(batch, from, collaborators));
    yield* page.parts;
    after = page.next;
  }
  for (const part of writer.end()) {
    yield part;
    // Nothing is read from the database here that would let other requests have a turn.
    await setImmediate();
  }
}

interface ExportedPage {
  readonly parts: readonly FilePart[];
  /** The measurement behind which the next page begins; `undefined` behind the last page. */
  readonly next: number | undefined;
}

async function pageOf(
  { batchId, writer, after: from }: ExportedBatch,
  after: number,
  { batches, facts }: ExportCollaborators,
): Promise<ExportedPage> {
  const rows = await batches.measurementsOf(batchId, { limit: PER_PAGE, after });
  const open = from === undefined ? -1 : rows.findIndex(({ state }) => state !== 'done');
  const done = open === -1 ? rows.filter(({ state }) => state === 'done') : rows.slice(0, open);
  const ended = await Promise.all(done.map((row) => toMeasurement(row, facts)));
  const isLast = rows.length < PER_PAGE || open !== -1;
  return { parts: [...writer.add(ended.filter(hasResult))], next: isLast ? undefined : rows.at(-1)?.id };
}

const hasResult = (measurement: Awaited<ReturnType<typeof toMeasurement>>): measurement is EndedMeasurement =>
  measurement.result !== undefined;
