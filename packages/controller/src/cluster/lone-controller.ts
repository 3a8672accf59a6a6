import { setTimeout as timer } from 'node:timers/promises';
import { type Database, otherControllers } from '@revtr/storage';

/** For so long the sessions of a process that has just ended may stay, milliseconds. */
const PATIENCE_MS = 10_000;
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
 * @throws {SharedDatabaseError} after ten seconds
 */
export async function untilUndisturbed(
  { isAlone, name }: { readonly isAlone: boolean /** Of the sessions of this process. */; readonly name: string },
  {
    db,
    sleep = (milliseconds) => timer(milliseconds),
  }: Pick<Database, 'db'> & { readonly sleep?: (milliseconds: number) => Promise<unknown> },
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
    await sleep(LOOK_MS);
  }
}
