import { ColdPartitions, ColdStore, openDatabase } from '../src/index.ts';
import { filesIn } from './cold-places.ts';
import { dayAt } from './cold-world.ts';

/** Moves the partitions of two days to files, and kills this process when a step is done. */
const [url, place, last] = process.argv.slice(2);
const { db } = await openDatabase({ kind: 'postgres', url });
const store = new ColdStore({}, { files: filesIn(JSON.parse(place)), onFault: () => undefined });
const onStep = (step: string): void => {
  if (step === last) process.kill(process.pid, 'SIGKILL');
};
const cold = new ColdPartitions({ rowsPerFile: 500 }, { db, store, onStep });
const { signal } = new AbortController();
await cold.prepare(dayAt(4), signal);
for (const partition of await cold.due(dayAt(4), dayAt(4))) await cold.move(partition, dayAt(4), signal);
