#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { runCli } from './program.ts';

/** A reader that has seen enough, such as `head`, ends us quietly. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  out: (chunk) => process.stdout.write(chunk),
  err: (chunk) => process.stderr.write(chunk),
  readFile: (path) => (path === '-' ? text(process.stdin) : readFile(path, 'utf8')),
  isInteractive: process.stdout.isTTY === true,
});
