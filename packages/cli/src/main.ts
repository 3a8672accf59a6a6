#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { runCli } from './program.ts';

process.exitCode = await runCli(process.argv.slice(2), {
  environment: process.env,
  out: (chunk) => process.stdout.write(chunk),
  err: (chunk) => process.stderr.write(chunk),
  readFile: (path) => (path === '-' ? text(process.stdin) : readFile(path, 'utf8')),
  isInteractive: process.stdout.isTTY === true,
});
