import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { StorageError } from '../errors.ts';
import { foundation } from './0001-foundation.ts';
import { agents } from './0002-agents.ts';
import { atlas } from './0003-atlas.ts';
import { atlasRuns } from './0004-atlas-runs.ts';
import { ranking } from './0005-ranking.ts';

const MIGRATIONS: Record<string, Migration> = {
  '0001-foundation': foundation,
  '0002-agents': agents,
  '0003-atlas': atlas,
  '0004-atlas-runs': atlasRuns,
  '0005-ranking': ranking,
};

/** Brings the schema up to date; safe to call from several processes at once. @throws {StorageError} `migrationFailed` */
export async function migrate<Tables>(db: Kysely<Tables>): Promise<void> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => MIGRATIONS } });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === 'Error')?.migrationName ?? 'unknown';
  throw new StorageError(
    'migrationFailed',
    `migration ${failed}: ${error instanceof Error ? error.message : String(error)}`,
    {
      migration: failed,
    },
  );
}
