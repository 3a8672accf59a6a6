import { startTestSystem } from './system.ts';

/** Runs a system on a database directory, in real time, until it is killed or stopped. Prints where it is. */
const { url, key, source, destinations, stop } = await startTestSystem({
  database: process.argv[2],
  realTime: true,
  concurrency: 40,
});
process.on('SIGTERM', () => stop().then(() => process.exit(0)));
process.stdout.write(`${JSON.stringify({ url, key, source, destinations })}\n`);
