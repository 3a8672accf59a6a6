import { createReadStream } from 'node:fs';
import { privateFilesOnDisk } from './config/private-files.ts';
import { CliError } from './errors.ts';
import { EXIT } from './exit-codes.ts';
import { runCli } from './program.ts';
import { readSecret } from './secret.ts';

/** Largest file that is read into memory, in bytes: far more than a batch of the largest size. */
const MAX_FILE_BYTES = 64 * 2 ** 20;

/** Columns of a screen that does not say how many it has. */
const USUAL_COLUMNS = 80;

/** Fires at the first Ctrl-C, once something has asked for it. */
let interrupted: AbortSignal | undefined;

// A reader such as `head` closes the pipe when it has enough. That is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  out: (chunk) => process.stdout.write(chunk),
  err: (chunk) => process.stderr.write(chunk),
  readFile,
  isInteractive: process.stdout.isTTY === true,
  isWatched: process.stderr.isTTY === true,
  columns: columnsOf(process.stdout),
  messageColumns: columnsOf(process.stderr),
  privateFiles: privateFilesOnDisk,
  readSecret,
  interruption,
});

/** The columns of a stream that goes to a screen. */
function columnsOf({ isTTY, columns }: Pick<NodeJS.WriteStream, 'isTTY' | 'columns'>): number | undefined {
  return isTTY === true ? columns || USUAL_COLUMNS : undefined;
}

/** Fires at the first Ctrl-C; a second one ends the process at once. */
function interruption(): AbortSignal {
  if (interrupted !== undefined) return interrupted;
  const stop = new AbortController();
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted);
    stop.abort();
  });
  interrupted = stop.signal;
  return interrupted;
}

async function readFile(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of path === '-' ? process.stdin : createReadStream(path)) {
    length += chunk.length;
    if (length > MAX_FILE_BYTES) {
      const reason = `the file exceeds ${MAX_FILE_BYTES} bytes`;
      throw new CliError('unreadableFile', `cannot read ${path}: ${reason}`, { path, reason });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
