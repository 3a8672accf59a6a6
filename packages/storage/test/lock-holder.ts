import { lockDirectory } from '../src/index.ts';

/** Locks a directory until it is killed, and prints its process number. */
lockDirectory(process.argv[2]);
process.stdout.write(`${process.pid}\n`);
setInterval(() => undefined, 60_000);
