import { Agents, openDatabase } from '../src/index.ts';

/** Writes rows until it is killed, and prints a line after each that was acknowledged. */
const { db } = await openDatabase({ kind: 'embedded', directory: process.argv[2] });
const agents = new Agents(db);
for (let i = 0; i < 100_000; i++) {
  await agents.put({
    address: `row-${i}`,
    kind: 'source',
    hostname: 'h',
    site: 's',
    user_id: null,
    state: 'ready',
  });
  process.stdout.write(`${i}\n`);
}
