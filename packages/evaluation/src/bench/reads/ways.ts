import { type Answer, read, type Server } from './request.ts';

/** What reading all results took on the network. */
interface Transfer {
  /** Results that were read; `undefined` where the format has none that can be counted. */
  readonly results: number | undefined;
  readonly bytesSent: number;
  readonly bytes: number;
}

/** Reads all results of a user through the API. */
export type Way = (server: Server, batches: readonly number[]) => Promise<Transfer>;

/** Properties that each measurement, or each outline of one, has once in an answer. */
const PER_MEASUREMENT = '"createdAt":';
const PER_OUTLINE = '"label":';
const PER_PAGE = 10_000;
const OUTLINES_PER_PAGE = 2_000;

/** All ways to read results, by their names. */
export const WAYS: Readonly<Record<string, Way>> = {
  'batches as JSON': eachBatch((id) => `/api/v2/batches/${id}`, PER_MEASUREMENT),
  'outlines of batches in pages': async (server, batches) => {
    const transfers: Transfer[] = [];
    for (const id of batches)
      transfers.push(
        await inPages(/"next":(\d+)\}$/, (after) =>
          read(
            server,
            `/api/v2/batches/${id}/measurements?limit=${OUTLINES_PER_PAGE}&after=${after || 0}`,
            PER_OUTLINE,
          ),
        ),
      );
    return sum(transfers);
  },
  'found measurements in pages': (server) =>
    inPages(/"cursor":"([^"]+)"/, (cursor) =>
      read(server, `/api/v2/measurements?limit=${PER_PAGE}${cursor && `&cursor=${cursor}`}`, PER_MEASUREMENT),
    ),
  'JSON Lines': exported('jsonl', PER_MEASUREMENT),
  Parquet: exported('parquet'),
  'CSV of hops': exported('csv-hops'),
  'Parquet and CSV of hops at once': async (server, batches) =>
    sum(await Promise.all(['parquet', 'csv-hops'].map((format) => exported(format)(server, batches)))),
};

function exported(format: string, counted?: string): Way {
  return eachBatch((id) => `/api/v2/batches/${id}/export?format=${format}`, counted);
}

/** Reads one answer for each batch. Counts nothing without `counted`, the text that occurs once for each result. */
function eachBatch(pathOf: (id: number) => string, counted?: string): Way {
  return async (server, batches) => {
    const transfers: Transfer[] = [];
    for (const id of batches) transfers.push(transferOf(await read(server, pathOf(id), counted ?? '\n'), counted));
    return sum(transfers);
  };
}

/** Reads page after page, as long as the end of one shows what to ask for the next one. */
async function inPages(next: RegExp, page: (next: string) => Promise<Answer>): Promise<Transfer> {
  const transfers: Transfer[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const answer: Answer = await page(after);
    transfers.push(transferOf(answer, PER_MEASUREMENT));
    after = next.exec(answer.end)?.[1];
  }
  return sum(transfers);
}

const transferOf = ({ occurrences, bytesSent, bytes }: Answer, counted: string | undefined): Transfer => ({
  ...{ bytesSent, bytes, results: counted === undefined ? undefined : occurrences },
});

const sum = (transfers: readonly Transfer[]): Transfer => ({
  results: transfers.reduce<number | undefined>(
    (all, { results }) => (all === undefined || results === undefined ? undefined : all + results),
    0,
  ),
  bytesSent: transfers.reduce((all, { bytesSent }) => all + bytesSent, 0),
  bytes: transfers.reduce((all, { bytes }) => all + bytes, 0),
});
