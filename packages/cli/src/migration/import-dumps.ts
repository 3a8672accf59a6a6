import { open } from 'node:fs/promises';
import type { FleetClient, Migration, MigrationReport } from '@revtr/client';
import { DatasetError, type MysqlRow, readMysqlDump } from '@revtr/datasets';
import { fileError, unusableFile } from '../errors.ts';
import { OriginalHops } from './original-hops.ts';
import { hopRow, isFirst, isRead, isSecond, parseRow } from './original-rows.ts';
import { OriginalSystem, type Skipped, type SkippedTraceroutes } from './original-system.ts';

/** A user or host, and what became of it. */
export interface ImportedEntry {
  readonly name: string;
  readonly outcome: MigrationReport['hosts'][number]['outcome'];
  readonly reason: string;
  /** Keys of a user that work from now on. */
  readonly keys?: number;
}

/** What an import has done, or would do. */
export interface MysqlImport {
  readonly isDryRun: boolean;
  readonly users: readonly ImportedEntry[];
  readonly sources: readonly ImportedEntry[];
  readonly vantagePoints: readonly ImportedEntry[];
  readonly traceroutes: MigrationReport['traceroutes'] & SkippedTraceroutes;
  /** Users, keys and rows that are not imported. */
  readonly skipped: readonly Skipped[];
  /** Tables that are not read, with their rows. */
  readonly notRead: readonly { readonly table: string; readonly rows: number }[];
  /** Files that do not say that they are complete. */
  readonly incomplete: readonly string[];
}

interface ImportOptions {
  readonly files: readonly string[];
  readonly isDryRun: boolean;
  /** How far the clock of the database was ahead of UTC, milliseconds. */
  readonly offsetMs: number;
}

const MOST_AT_ONCE = 500;
const NOTHING = { users: [], hosts: [], traceroutes: [] };

/** Imports the dumps of revtr 2.0. Reads each file twice. @throws {CliError} `unreadableFile`; {@link ClientError} */
export async function importDumps(
  { files, isDryRun, offsetMs }: ImportOptions,
  fleet: Pick<FleetClient, 'migrate'>,
): Promise<MysqlImport> {
  const original = new OriginalSystem(offsetMs);
  const counts = new Map<string, number>();
  const incomplete: string[] = [];
  for (const file of files) {
    const end = await readFile(file, isFirst, (table, row) => original.add(table, row));
    for (const [table, rows] of end.counts) counts.set(table, (counts.get(table) ?? 0) + rows);
    if (!end.isComplete) incomplete.push(file);
  }
  const migrate = (part: Partial<Migration>) => fleet.migrate({ isDryRun, ...NOTHING, ...part });
  const users: ImportedEntry[] = [];
  for (const some of batches(original.users))
    for (const [i, done] of (await migrate({ users: [...some] })).users.entries())
      users.push({ name: some[i].email, ...done });
  const { hosts } = original;
  const entries: ImportedEntry[] = [];
  for (const some of batches(hosts))
    for (const [i, done] of (await migrate({ hosts: [...some] })).hosts.entries())
      entries.push({ name: some[i].address, ...done });
  const ofKind = (wanted: (typeof hosts)[number]['kind']) => entries.filter((_, i) => hosts[i].kind === wanted);
  const traceroutes = { added: 0, known: 0, untimely: 0, unusable: 0 };
  const hops = new OriginalHops(original.takeTraceroutes());
  for (const file of files)
    await readFile(file, isSecond, (_table, row) => {
      const hop = parseRow(hopRow, row);
      if (hop !== undefined) hops.add(hop);
    });
  for (const some of batches(hops.traceroutes())) {
    const report = (await migrate({ traceroutes: [...some] })).traceroutes;
    traceroutes.added += report.added;
    traceroutes.known += report.known;
    traceroutes.untimely += report.untimely;
    traceroutes.unusable += report.unusable;
  }
  return {
    isDryRun,
    users,
    sources: ofKind('source'),
    vantagePoints: ofKind('vantagePoint'),
    traceroutes: { ...traceroutes, ...original.skippedTraceroutes },
    skipped: original.skipped,
    notRead: [...counts].flatMap(([table, rows]) => (isRead(table) || rows === 0 ? [] : [{ table, rows }])),
    incomplete,
  };
}

/** Reads the tables of a file that `wants` names. Returns the end of the dump. */
async function readFile(
  file: string,
  wants: (table: string, columns: readonly string[]) => boolean,
  onRow: (table: string, row: MysqlRow) => void,
): Promise<{ readonly counts: ReadonlyMap<string, number>; readonly isComplete: boolean }> {
  try {
    const content = (await open(file)).createReadStream();
    for await (const part of readMysqlDump(content, { wants })) {
      if (!('row' in part)) return part;
      onRow(part.table, part.row);
    }
  } catch (error) {
    throw fileError(file, error, DatasetError);
  }
  throw unusableFile(file, 'the dump has no end');
}

/** At most 500 items at once. */
function* batches<T>(items: Iterable<T>): Generator<readonly T[]> {
  let batch: T[] = [];
  for (const item of items) {
    batch.push(item);
    if (batch.length < MOST_AT_ONCE) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
