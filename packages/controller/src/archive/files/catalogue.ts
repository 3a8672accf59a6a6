import type { ArchiveDay, ArchiveFile } from '@revtr/storage';
import { SCHEMA_VERSION } from '../schema/archive-fields.ts';
import { CATALOGUE, directoryOf } from './archive-layout.ts';

/** The content of a file with a value as JSON. */
export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** The catalogue of the archive: its days, each with a catalogue. */
export const toCatalogue = (days: readonly ArchiveDay[], now: number): string =>
  toJson({
    schemaVersion: SCHEMA_VERSION,
    updatedAt: new Date(now).toISOString(),
    schemas: { archive: 'schemas/archive.json', paths: 'schemas/paths.json' },
    days: days.map(({ day, files, results, bytes, first_at, last_at }) => ({
      day,
      catalogue: `${directoryOf(day)}/${CATALOGUE}`,
      files,
      results,
      bytes,
      from: first_at.toISOString(),
      to: last_at.toISOString(),
    })),
  });

/** The catalogue of a day: its files, each with its digest and the time from the start of its first measurement to the end of its last one. */
export const toDayCatalogue = (day: string, files: readonly ArchiveFile[]): string =>
  toJson({
    schemaVersion: SCHEMA_VERSION,
    day,
    files: files.map(({ path, format, rows, bytes, sha256, first_at, last_at, schema_version, written_at }) => ({
      path,
      format,
      rows,
      bytes,
      sha256,
      from: first_at.toISOString(),
      to: last_at.toISOString(),
      schemaVersion: schema_version,
      writtenAt: written_at.toISOString(),
    })),
  });
