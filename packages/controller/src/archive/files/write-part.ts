import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { DurableFile, type NewArchiveFile, placeFile } from '@revtr/storage';
import { ParquetEncoder } from '../parquet/parquet-encoder.ts';
import { toArchiveRow } from '../rows/archive-row.ts';
import type { MeasuredPath } from '../rows/measured-path.ts';
import { toPathRow } from '../rows/path-row.ts';
import { SCHEMA_VERSION } from '../schema/archive-fields.ts';
import { PATH_FIELDS } from '../schema/path-fields.ts';
import { type ArchiveLayout, pathOf } from './archive-layout.ts';

const FORMATS = ['archive', 'paths'] as const;

/** Which measurements a part of the archive has. */
export interface PartOptions {
  /** Day on which they ended (UTC), `YYYY-MM-DD`. */
  readonly day: string;
  /** Lowest id that the part may have. */
  readonly firstId: number;
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
}

/** Where files are written, and by whom. */
export interface PartWriter {
  readonly layout: ArchiveLayout;
  /** No other process writes under this name. */
  readonly writer: string;
  readonly signal: AbortSignal;
}

/**
 * Writes measurements to a file of each format, under temporary names. Pages are read one after the other. Returns the files, which are on the
 * disk; none if there is no measurement. Rejects with the reason of `signal` when that fires.
 */
export async function writePart(
  { day, firstId, now }: PartOptions,
  pages: AsyncIterable<readonly MeasuredPath[]>,
  { layout, writer, signal }: PartWriter,
): Promise<NewArchiveFile[]> {
  const paths = { archive: pathOf({ day, now, firstId }, 'archive'), paths: pathOf({ day, now, firstId }, 'paths') };
  const create = (path: string): Promise<DurableFile> =>
    DurableFile.create(layout.unfinished(path, writer), 'everybody');
  const lines = await create(paths.archive);
  const table = await create(paths.paths).catch(async (error: unknown) => {
    await lines.abandon();
    throw error;
  });
  const seen = { rows: 0, first: Number.POSITIVE_INFINITY, last: 0 };
  try {
    const encoder = new ParquetEncoder({ fields: PATH_FIELDS });
    // The table is written while the lines are read: each measurement is read from the database once.
    const texts = async function* (): AsyncGenerator<string> {
      for await (const page of pages) {
        await table.write(encoder.group(page.map(toPathRow)));
        for (const { result } of page) {
          seen.rows++;
          seen.first = Math.min(seen.first, result.startedAt);
          seen.last = Math.max(seen.last, result.endedAt);
        }
        yield page.map((path) => `${JSON.stringify(toArchiveRow(path))}\n`).join('');
      }
    };
    await pipeline(
      Readable.from(texts()),
      createGzip(),
      async (parts: AsyncIterable<Uint8Array>) => {
        for await (const part of parts) await lines.write(part);
      },
      { signal },
    );
    await table.write(encoder.end());
    const digests = { archive: await lines.close(), paths: await table.close() };
    if (seen.rows === 0) return [];
    for (const format of FORMATS)
      await placeFile(
        layout.unfinished(paths[format], writer),
        layout.complete(paths[format], digests[format].sha256, writer),
      );
    return FORMATS.map((format) => ({
      path: paths[format],
      day,
      format,
      rows: seen.rows,
      ...digests[format],
      first_at: new Date(Math.floor(seen.first)),
      last_at: new Date(Math.ceil(seen.last)),
      schema_version: SCHEMA_VERSION,
      written_at: new Date(now),
    }));
  } catch (error) {
    await Promise.all([lines.abandon(), table.abandon()]);
    throw error;
  }
}
