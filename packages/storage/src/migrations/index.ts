import { type Kysely, sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration';
import { StorageError } from '../errors.ts';
import { foundation } from './0001-foundation.ts';
import { agents } from './0002-agents.ts';
import { atlas } from './0003-atlas.ts';
import { atlasRuns } from './0004-atlas-runs.ts';
import { ranking } from './0005-ranking.ts';
import { keyFingerprints } from './0006-key-fingerprints.ts';
import { audit } from './0007-audit.ts';
import { killSwitches } from './0008-kill-switches.ts';
import { probeCounts } from './0009-probe-counts.ts';
import { accounts } from './0010-accounts.ts';
import { optOutRequests } from './0011-opt-out-requests.ts';
import { batchKeys } from './0012-batch-keys.ts';
import { queuedJobs } from './0013-queued-jobs.ts';
import { selfAudit } from './0014-self-audit.ts';
import { watches } from './0015-watches.ts';
import { publications } from './0016-publications.ts';
import { batchControl } from './0018-batch-control.ts';
import { archive } from './0019-archive.ts';
import { importedResults } from './0020-imported-results.ts';
import { probeSets } from './0021-probe-sets.ts';
import { leases } from './0023-leases.ts';
import { queuedBySource } from './0024-queued-by-source.ts';
import { results } from './0025-results.ts';
import { fairQueue } from './0030-fair-queue.ts';
import { fairProbes } from './0031-fair-probes.ts';
import { legacyAgents } from './0033-legacy-agents.ts';
import { forwardTraceroutes } from './0035-forward-traceroutes.ts';
import { requestsByTime } from './0040-requests-by-time.ts';
import { findMeasurements } from './0041-find-measurements.ts';
import { coldResults } from './0043-cold-results.ts';
import { traces } from './0045-traces.ts';
import { requestedSizes } from './0047-requested-sizes.ts';
import { unfinishedColdFiles } from './0049-unfinished-cold-files.ts';
import { optOutChanges } from './0051-opt-out-changes.ts';
import { optOutCounting } from './0052-opt-out-counting.ts';
import { authorityRoot } from './0053-authority-root.ts';
import { lastLockHolder } from './0054-last-lock-holder.ts';

/** All migrations by name, which is also their order. */
export const MIGRATIONS: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-agents': agents,
  '0003-atlas': atlas,
  '0004-atlas-runs': atlasRuns,
  '0005-ranking': ranking,
  '0006-key-fingerprints': keyFingerprints,
  '0007-audit': audit,
  '0008-kill-switches': killSwitches,
  '0009-probe-counts': probeCounts,
  '0010-accounts': accounts,
  '0011-opt-out-requests': optOutRequests,
  '0012-batch-keys': batchKeys,
  '0013-queued-jobs': queuedJobs,
  '0014-self-audit': selfAudit,
  '0015-watches': watches,
  '0016-publications': publications,
  '0018-batch-control': batchControl,
  '0019-archive': archive,
  '0020-imported-results': importedResults,
  '0021-probe-sets': probeSets,
  '0023-leases': leases,
  '0024-queued-by-source': queuedBySource,
  '0025-results': results,
  '0030-fair-queue': fairQueue,
  '0031-fair-probes': fairProbes,
  '0033-legacy-agents': legacyAgents,
  '0035-forward-traceroutes': forwardTraceroutes,
  '0040-requests-by-time': requestsByTime,
  '0041-find-measurements': findMeasurements,
  '0043-cold-results': coldResults,
  '0045-traces': traces,
  '0047-requested-sizes': requestedSizes,
  '0049-unfinished-cold-files': unfinishedColdFiles,
  '0051-opt-out-changes': optOutChanges,
  '0052-opt-out-counting': optOutCounting,
  '0053-authority-root': authorityRoot,
  '0054-last-lock-holder': lastLockHolder,
};

/**
 * Migrates the schema to the latest version. Several processes may do so at once. A schema that a later version has migrated stays as it is: during a
 * rolling upgrade, a process of the version before must be able to start again (docs/cluster.md).
 * @throws {StorageError} `migrationFailed`, or the error of the database itself, such as `unreachable`
 */
export async function migrate<Tables>(db: Kysely<Tables>): Promise<void> {
  if (await hasAll(db)) return;
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof StorageError && !error.is('queryFailed')) throw error;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName ?? 'unknown';
  throw new StorageError(
    'migrationFailed',
    `migration ${failed} failed: ${error instanceof Error ? error.message : String(error)}`,
    {
      migration: failed,
    },
  );
}

/** Whether the schema has every migration of this version, and perhaps others. */
async function hasAll<Tables>(db: Kysely<Tables>): Promise<boolean> {
  const { rows: tables } = await sql<{ name: string | null }>`
    select to_regclass(${DEFAULT_MIGRATION_TABLE})::text as name`.execute(db);
  if ((tables[0]?.name ?? null) === null) return false;
  const { rows } = await sql<{ name: string }>`select name from ${sql.table(DEFAULT_MIGRATION_TABLE)}`.execute(db);
  const done = new Set(rows.map(({ name }) => name));
  return Object.keys(MIGRATIONS).every((name) => done.has(name));
}
