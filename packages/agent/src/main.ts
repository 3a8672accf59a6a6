#!/usr/bin/env node
import { LinkError } from '@revtr/link';
import { logProblems, openTracing } from '@revtr/tracing';
import { pino } from 'pino';
import { ZodError } from 'zod';
import { Agent } from './agent.ts';
import { readArguments, USAGE } from './config/arguments.ts';
import { loadConfig, readText } from './config/load.ts';
import { AgentError } from './errors.ts';

/** Characters of the log that may wait for a disk. */
const MOST_LOG_WAITING = 2 ** 18;

/** Standard output. When the disk of a log file is full, lines are kept up to a limit and then dropped: the process goes on. */
const logDestination = () =>
  pino.destination({ dest: 1, sync: true, maxLength: MOST_LOG_WAITING }).on('error', () => undefined);

/** Exit codes: 0 stopped as asked, 1 cannot run, 2 wrong arguments or configuration. */
async function main(): Promise<number> {
  const {
    rootCertificate: certificateFile,
    config: file,
    logLevel,
    isHelpWanted,
  } = readArguments(process.argv.slice(2));
  if (isHelpWanted) {
    process.stdout.write(USAGE);
    return 0;
  }
  const config = loadConfig(file, process.env);
  const rootFile = certificateFile ?? config.local.rootca ?? config.scamper.cafile;
  if (rootFile === undefined)
    throw new AgentError('badArguments', 'give the root certificate as the first argument, or set local.rootca', {});
  const log = pino({ level: config.environment.debug ? 'debug' : logLevel }, logDestination());
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const tracing = await openTracing(process.env, { service: 'revtr-agent', onProblem: logProblems(log) });
  const rootCertificate = readText(rootFile, 'root certificate');
  await new Agent({ config, rootCertificate }, { log, tracing }).run(stop.signal);
  await tracing.close();
  // A request to a collector that does not answer must not keep the process.
  if (tracing.isOn) process.exit(0);
  return 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (error instanceof ZodError) {
    for (const { path, message } of error.issues) process.stderr.write(`revtr-agent: ${path.join('.')}: ${message}\n`);
    process.exit(2);
  }
  // The operator can fix a directory that cannot be written, and the system's message names it.
  const isOfSystem = error instanceof LinkError || (error instanceof Error && 'syscall' in error);
  if (!(error instanceof AgentError) && !isOfSystem) throw error;
  const code = error instanceof AgentError ? error.code : 'selfTestFailed';
  process.stderr.write(`revtr-agent: ${error.message}\n${code === 'badArguments' ? `\n${USAGE}` : ''}`);
  process.exitCode = code === 'selfTestFailed' ? 1 : 2;
}
