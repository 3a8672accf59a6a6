import { startTestSystem } from './system.ts';

/** Runs a system on a database directory, in real time, until it is killed. Prints where it is. */
const { url, key, source, destinations } = await startTestSystem({
  database: process.argv[2],
  realTime: true,
  concurrency: 40,
});
process.stdout.write(`${JSON.stringify({ url, key, source, destinations })}\n`);
