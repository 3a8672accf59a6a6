import type { Batches } from '@revtr/storage';
import type { AddressFacts } from '../../facts/address-facts.ts';
import { toMeasurement } from '../v2/schemas.ts';
import type { EndedMeasurement, ExportWriter } from './export-format.ts';

/** Measurements that are in memory at once. */
const PER_PAGE = 250;

/**
 * The measurements of a batch that have ended, in its order, as a writer writes them. Reads a page at a time, when the reader of the text asks
 * for more.
 */
export async function* exportBatch(
  { batchId, writer }: { readonly batchId: number; readonly writer: ExportWriter },
  { batches, facts }: { readonly batches: Pick<Batches, 'measurementsOf'>; readonly facts: AddressFacts },
): AsyncGenerator<string> {
  yield writer.begin();
  for (let after = -1; ; ) {
    const rows = await batches.measurementsOf(batchId, { limit: PER_PAGE, after });
    const ended = await Promise.all(
      rows.filter(({ state }) => state === 'done').map((row) => toMeasurement(row, facts)),
    );
    const text = ended
      .filter(hasResult)
      .map((measurement) => writer.add(measurement))
      .join('');
    if (text !== '') yield text;
    const last = rows.at(-1);
    if (last === undefined || rows.length < PER_PAGE) break;
    after = last.position;
  }
  yield writer.end();
}

const hasResult = (measurement: Awaited<ReturnType<typeof toMeasurement>>): measurement is EndedMeasurement =>
  measurement.result !== undefined;
