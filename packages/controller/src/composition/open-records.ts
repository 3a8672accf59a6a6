import { OldRecords } from '@revtr/storage';
import { SESSION_IDLE_MS } from '../api/http/session-cookie.ts';
import { RecordKeeper } from '../retention/record-keeper.ts';
import type { Retention } from '../retention/retention.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

/** Opens what deletes old records. */
export function openRecords(
  { database, clock, log }: Context,
  options: { readonly retention: Retention; readonly auditDays: number },
): Subsystem {
  const records = new OldRecords(database.db);
  const keeper = new RecordKeeper({ ...options, sessionIdleMs: SESSION_IDLE_MS }, { records, clock, log });
  return { name: 'records', start: () => keeper.start(), stop: () => keeper.stop() };
}
