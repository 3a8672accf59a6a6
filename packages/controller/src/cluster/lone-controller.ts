import { setTimeout as timer } from 'node:timers/promises';
import { type Database, otherControllers } from '@revtr/storage';
import type { Logger } from 'pino';

/** The sessions of a process whose host has failed may stay for 25 seconds, until the keepalives of the server end them, milliseconds. */
const PATIENCE_MS = 30_000;
const LOOK_MS = 500;

/** Other processes use the database, and this one does not share a bus with them. */
export class SharedDatabaseError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SharedDatabaseError';
  }
}

/**
 * Waits until no process uses the database with which this one shares no bus: two such processes would use each budget twice, and know nothing of each
 * other's agents and opt-outs.
 * `name`: that of the sessions of this process.
 * @throws {SharedDatabaseError} after half a minute, and what `sleep` rejects with
 */
export async function untilUndisturbed(
  { isAlone, name }: { readonly isAlone: boolean; readonly name: string },
  {
    db,
    log,
    signal,
    sleep = (milliseconds) => timer(milliseconds, undefined, { signal }),
  }: Pick<Database, 'db'> & {
    readonly log: Pick<Logger, 'info'>;
    readonly signal: AbortSignal;
    readonly sleep?: (milliseconds: number) => Promise<unknown>;
  },
): Promise<void> {
  for (let waited = 0; ; waited += LOOK_MS) {
    const others = await otherControllers(db, name);
    if (others.alone === 0 && (others.members === 0 || !isAlone)) return;
    if (waited >= PATIENCE_MS)
      throw new SharedDatabaseError(
        isAlone
          ? 'another process of a controller uses this database: stop it, or set REVTR_BUS for both (docs/cluster.md)'
          : 'a controller without REVTR_BUS uses this database: stop it first (docs/cluster.md)',
      );
    if (waited === 0) log.info(others, 'waiting until the other processes of a controller have left the database');
    await sleep(LOOK_MS);
  }
}
