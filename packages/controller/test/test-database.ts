import { type Database, openDatabase } from '@revtr/storage';
import { afterAll, afterEach, beforeAll } from 'vitest';

const TABLES = [
  'archive_files',
  'kill_switches',
  'leases',
  'imported_results',
  'audit_blocks',
  'audit_events',
  'opt_outs',
  'opt_out_requests',
  'abuse_contacts',
  'mails',
  'one_time_tokens',
  'sessions',
  'source_shares',
  'agent_tests',
  'measurements',
  'results',
  'publications',
  'archive_pending',
  'probe_sets',
  'batches',
  'atlas_traceroutes',
  'atlas_tails',
  'atlas_runs',
  'alias_evidence',
  'ranking_records',
  'probe_counts',
  'self_audits',
  'self_audit_days',
  'self_audit_hops',
  'hop_kinds',
  'watches',
  'agents',
  'applications',
  'api_keys',
  'users',
] as const;

/** An embedded database in memory for all tests of a file: opening one takes over a second. It is emptied after each test. */
export function useDatabase(): () => Database {
  let database: Database;
  beforeAll(async () => {
    database = await openDatabase({ kind: 'memory' });
  });
  afterEach(async () => {
    for (const table of TABLES) await database.db.deleteFrom(table).execute();
  });
  afterAll(() => database.close());
  return () => database;
}
