import { openDatabase, Sources } from '../src/index.ts';

/** Writes rows until it is killed, and prints a line after each that was acknowledged. */
const { db } = await openDatabase({ kind: 'embedded', directory: process.argv[2] });
const sources = new Sources(db);
for (let i = 0; i < 100_000; i++) {
  await sources.put({ address: `row-${i}`, hostname: 'h', site: 's' });
  process.stdout.write(`${i}\n`);
}
