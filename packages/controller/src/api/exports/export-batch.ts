import { setImmediate } from 'node:timers/promises';
import type { Batches } from '@revtr/storage';
import type { AddressFacts } from '../../facts/address-facts.ts';
import { toMeasurement } from '../v2/schemas.ts';
import type { EndedMeasurement, ExportWriter, FilePart } from './export-format.ts';

/** Measurements that are in memory at once. */
const PER_PAGE = 250;

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

/**
 * The measurements of a batch that have ended, in its order, as a writer writes them. Reads a page at a time, when the reader of the file asks
 * for more.
 */
export async function* exportBatch(
  { batchId, writer, after: from }: ExportedBatch,
  { batches, facts }: { readonly batches: Pick<Batches, 'measurementsOf'>; readonly facts: AddressFacts },
): AsyncGenerator<FilePart> {
  const begin = writer.begin();
  if (begin.length > 0) yield begin;
  for (let after = from ?? 0; ; ) {
    const rows = await batches.measurementsOf(batchId, { limit: PER_PAGE, after });
    const open = from === undefined ? -1 : rows.findIndex(({ state }) => state !== 'done');
    const done = open === -1 ? rows.filter(({ state }) => state === 'done') : rows.slice(0, open);
    const ended = await Promise.all(done.map((row) => toMeasurement(row, facts)));
    const part = writer.add(ended.filter(hasResult));
    if (part.length > 0) yield part;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PER_PAGE || open !== -1) break;
    after = last.id;
  }
  for (const part of writer.end()) {
    yield part;
    // Nothing is read from the database here that would let other requests have a turn.
    await setImmediate();
  }
}

const hasResult = (measurement: Awaited<ReturnType<typeof toMeasurement>>): measurement is EndedMeasurement =>
  measurement.result !== undefined;
