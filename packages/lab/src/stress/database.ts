import { setTimeout as sleep } from 'node:timers/promises';
import { Agents, openDatabase } from '@revtr/storage';

const LANES = 2;
const TIMES = 3;
/** Longer than the compilation of the database takes on an idle machine. */
const MOST_OPEN_MS = 3_000;

/** Opens, uses and closes embedded databases in memory. */
export async function openAndClose(): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let time = 0; time < TIMES; time++) {
      const database = await openDatabase({ kind: 'memory' });
      const agents = new Agents(database.db);
      for (let query = 0; query < 20; query++) await agents.list();
      await database.close();
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Ends the process, and with it the threads of the databases, at a random time while they compile or open. */
export async function endDuringOpen(): Promise<void> {
  for (let lane = 0; lane < LANES; lane++) void openDatabase({ kind: 'memory' }).catch(() => undefined);
  await sleep(Math.random() * MOST_OPEN_MS);
  process.exit(0);
}
