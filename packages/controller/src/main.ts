#!/usr/bin/env node
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BusError } from '@revtr/bus';
import { DatasetError, DatasetStore, DatasetUpdater, datasetSourcesSchema } from '@revtr/datasets';
import { TargetPolicy, untilAborted } from '@revtr/probing';
import { databaseTime, openDatabase, parseDatabaseSettings, StorageError, sessionNameOf } from '@revtr/storage';
import { logProblems, openTracing } from '@revtr/tracing';
import { pino } from 'pino';
import { z } from 'zod';
import { ensureOperator, OperatorKeyError } from './accounts/operator-account.ts';
import { connectCluster } from './cluster/connect.ts';
import { SharedDatabaseError, untilUndisturbed } from './cluster/lone-controller.ts';
import { Controller } from './composition/controller.ts';
import type { ControllerCollaborators } from './composition/controller-options.ts';
import { type CopyRequest, readCopyRequest, runCopy } from './database-copy/copy-command.ts';
import { InternetKnowledge } from './facts/internet-knowledge.ts';
import { LiveFacts } from './facts/live-facts.ts';
import { readCredential } from './foundation/credential-files.ts';
import { DatabaseClock } from './foundation/database-clock.ts';
import { HeapGrowth } from './foundation/heap-growth.ts';
import { warnOfNewDatabase } from './foundation/new-database.ts';
import { smtpSender } from './mail/smtp.ts';
import { agentSystem } from './measuring/agent-system.ts';
import { type SafetySettings, safetySettingsSchema } from './safety/settings.ts';
import { DEFAULT_SELF_AUDIT } from './self-audit/self-auditor.ts';
import { DEFAULT_LIFE_CYCLE, newUserLimits } from './settings/defaults.ts';
import { portProblem } from './settings/port-problem.ts';
import { readSettings, type Settings } from './settings/settings.ts';

const USAGE = `revtr-controller
revtr-controller copy-database FROM TO

Runs the central system: the HTTP API, the queue, the measurement engine, and
the gateway that agents connect to. Environment variables configure it;
docs/running.md describes them.

  copy-database  Copy everything from one database to another one that no
                 controller has used, and compare both: from an embedded
                 database to PostgreSQL, for example. FROM and TO are values
                 of REVTR_DATABASE. Stop the controller first. PGPASSWORD may
                 contain the password of PostgreSQL. docs/running.md describes
                 what else to do.
  -h, --help     Show this text.
`;

/** The process exits after this time even if the stop has not finished, milliseconds. Accepted batches are durable. */
const MOST_STOP_MS = 20_000;
/** Characters of the log that may wait for a disk. */
const MOST_LOG_WAITING = 2 ** 18;

async function run(settings: Settings): Promise<void> {
  const log = pino({ level: settings.logLevel }, logDestination());
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const databaseSettings = parseDatabaseSettings(settings.database);
  const isAlone = settings.bus === undefined;
  const name = sessionNameOf({ isAlone, id: randomUUID().slice(0, 8) });
  if (databaseSettings.kind === 'embedded')
    log.warn(
      'the embedded database may lose what it stored last in a power failure; use PostgreSQL where that matters',
    );
  const tracing = await openTracing(process.env, { service: 'revtr-controller', onProblem: logProblems(log) });
  const isServer = databaseSettings.kind === 'postgres';
  const database = await openDatabase(isServer ? { ...databaseSettings, name } : databaseSettings, {
    beforeMigration: async (db) => {
      if (isServer) await untilUndisturbed({ isAlone, name }, { db, log, signal: stopping.signal });
    },
  });
  let clock: DatabaseClock | undefined;
  try {
    clock = await DatabaseClock.start({ databaseTime: () => databaseTime(database.db), log });
    await warnOfNewDatabase(settings.gateway, { db: database.db, log });
    const cluster = await connectCluster(settings, { clock, log });
    const controller = await create(settings, { database, cluster, clock, log, tracing });
    const { users, keys } = controller;
    const key = await ensureOperator(settings.operator, { users, keys, clock });
    if (key !== undefined) process.stdout.write(`The operator's API key (shown only once): ${key}\n`);
    const heapGrowth = new HeapGrowth({ underWay: () => controller.measurementsUnderWay, clock });
    heapGrowth.start();
    const url = await controller.start();
    log.info({ ...(url !== '' && { api: url }), roles: [...settings.roles] }, 'started');
    await untilAborted(stopping.signal);
    log.info('stopping');
    setTimeout(() => process.exit(0), MOST_STOP_MS).unref();
    await heapGrowth.stop();
    await controller.stop();
    await tracing.close();
  } finally {
    await clock?.stop();
    await database.close();
  }
  // A request to a collector that does not answer must not keep the process.
  if (tracing.isOn) process.exit(0);
}

/** Standard output. When the disk of a log file is full, lines are kept up to a limit and then dropped: the process goes on. */
const logDestination = () =>
  pino.destination({ dest: 1, sync: true, maxLength: MOST_LOG_WAITING }).on('error', () => undefined);

async function create(
  settings: Settings,
  {
    database,
    cluster,
    clock,
    log,
    tracing,
  }: Pick<ControllerCollaborators, 'database' | 'cluster' | 'log' | 'tracing'> & { readonly clock: DatabaseClock },
): Promise<Controller> {
  const { socket, tls, grpc, mail, testNetworks, testTargets, retestMs, quarantineMs } = settings;
  const store = new DatasetStore({ directory: settings.datasets.directory }, { clock });
  await store.open();
  const knowledge = new InternetKnowledge({ store, testNetworks });
  for (const { kind, failure } of store.status())
    if (failure !== undefined) log.error({ kind, code: failure.code }, `a dataset cannot be used: ${failure.message}`);
  if (!knowledge.knowsAllRoutes)
    log.warn(
      'no dataset of announced prefixes is imported (revtr data import prefix2as FILE): hops have no network, and unannounced destinations are accepted',
    );
  if (mail === undefined && settings.roles.has('mail'))
    log.warn('REVTR_SMTP is not set: the operator must forward mails (revtr admin mails)');
  const updater = new DatasetUpdater(readDatasetSources(settings.datasets.sourcesFile), {
    store,
    fetch,
    clock,
    random: Math.random,
    onFailure: (kind, error) => log.error({ err: error, kind }, 'a dataset could not be updated'),
  });
  return Controller.create(
    {
      listen: socket === undefined ? { host: settings.host, port: settings.port } : { path: socket },
      health: settings.health,
      tls: tls && readCredential(tls),
      grpc: grpc && { host: grpc.host, port: grpc.port, tls: readCredential(grpc) },
      trustProxy: settings.trustProxy,
      webDirectory: settings.roles.has('api') ? settings.webDirectory : undefined,
      publicUrl: settings.publicUrl,
      probeIdentity: settings.probeIdentity,
      concurrency: settings.concurrency,
      maxBatch: settings.maxBatch,
      longestWaitMs: settings.longestWaitMs,
      newUserLimits: newUserLimits(settings.maxBatch),
      selfRegistration: settings.selfRegistration,
      visitorMeasurementsPerDay: settings.visitorMeasurementsPerDay,
      audit: settings.audit,
      ripeAtlas: settings.ripeAtlas,
      surveyProbesPerHour: settings.surveyProbesPerHour,
      selfAudit: { ...DEFAULT_SELF_AUDIT, perDay: settings.selfAuditsPerDay },
      watches: settings.watches,
      archive: settings.archive,
      resultDays: settings.resultDays,
      cold: settings.cold,
      safety: readSafetySettings(settings.budgetsFile),
      lifeCycle: {
        quarantine: { ...DEFAULT_LIFE_CYCLE.quarantine, firstMs: quarantineMs },
        retestMs,
        confirmMs: DEFAULT_LIFE_CYCLE.confirmMs,
        pollMs: Math.min(DEFAULT_LIFE_CYCLE.pollMs, retestMs / 2, quarantineMs / 2),
        testTargets,
      },
    },
    {
      database,
      measuring: agentSystem({ ...settings.gateway, contact: settings.probeIdentity.contact }, knowledge, {
        agentClock: clock.steady,
      }),
      facts: new LiveFacts(knowledge, { clock }),
      datasets: { store, updater, knowledge },
      targetPolicy: new TargetPolicy({ testNetworks }),
      sendMail: mail && smtpSender(mail),
      cluster,
      clock,
      log,
      tracing,
    },
  );
}

/** @throws {z.ZodError} naming what is wrong in the file */
function readSafetySettings(file: string | undefined): SafetySettings {
  return safetySettingsSchema.parse(file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8')));
}

/** @throws {z.ZodError} naming what is wrong in the file */
function readDatasetSources(file: string | undefined) {
  return datasetSourcesSchema.parse(file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8')));
}

/** A message without a stack trace for errors of the machine or the settings; `undefined` for defects. */
function explain(error: unknown, settings: Settings | undefined): string | undefined {
  const port = settings && portProblem(error, settings);
  if (port !== undefined) return port;
  if (error instanceof z.ZodError)
    return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
  if (
    error instanceof StorageError ||
    error instanceof DatasetError ||
    error instanceof OperatorKeyError ||
    error instanceof SharedDatabaseError ||
    error instanceof BusError
  )
    return error.message;
  const isOfTheMachine = error instanceof Error && ('syscall' in error || error instanceof SyntaxError);
  return isOfTheMachine ? error.message : undefined;
}

/** Copies a database until it is done or a signal arrives; 130 and 1 are the exit codes of a copy that was stopped, and of one that failed. */
async function runCopyCommand(request: CopyRequest): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const write = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    await runCopy(request, { write, signal: stop.signal });
  } catch (error) {
    const sentence = stop.signal.aborted ? 'stopped; nothing was copied' : explain(error, undefined);
    if (sentence === undefined) throw error;
    process.stderr.write(`revtr-controller: ${sentence}\n`);
    process.exit(stop.signal.aborted ? 130 : 1);
  }
}

async function runController(): Promise<void> {
  let settings: Settings | undefined;
  try {
    settings = readSettings(process.env);
    await run(settings);
  } catch (error) {
    const sentence = explain(error, settings);
    if (sentence === undefined) throw error;
    process.stderr.write(`revtr-controller: ${sentence}\n`);
    // What has begun already, such as the connection to the bus, must not keep a process that does not start.
    process.exit(1);
  }
}

/** @param problem - what is wrong with the arguments; none if the text was asked for */
function showUsage(problem?: string): void {
  const sentence = problem === undefined ? '' : `revtr-controller: ${problem}\n\n`;
  (problem === undefined ? process.stdout : process.stderr).write(`${sentence}${USAGE}`);
  process.exitCode = problem === undefined ? 0 : 2;
}

/** The request of `copy-database`, or what is wrong with it. */
function tryCopyRequest(args: readonly string[]): CopyRequest | string {
  try {
    return readCopyRequest(args);
  } catch (error) {
    if (error instanceof StorageError) return error.message;
    throw error;
  }
}

const [command, ...rest] = process.argv.slice(2);
if (command === undefined) await runController();
else if ([command, ...rest].some((arg) => arg === '--help' || arg === '-h')) showUsage();
else if (command === 'copy-database') {
  const request = tryCopyRequest(rest);
  if (typeof request === 'string') showUsage(request);
  else await runCopyCommand(request);
} else showUsage(`there is no command ${command}`);
