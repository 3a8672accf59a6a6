import { systemClock, untilAborted } from '@revtr/probing';
import {
  type Database,
  DatabaseLock,
  databaseTime,
  lockHolder,
  openDatabase,
  parseDatabaseSettings,
} from '@revtr/storage';
import { logProblems, openTracing, type Tracing } from '@revtr/tracing';
import { type Logger, pino } from 'pino';
import { ensureOperator } from '../accounts/operator-account.ts';
import { requireKnownAuthority } from '../authority/known-authority.ts';
import { warnOfNewDatabase } from '../authority/new-database.ts';
import { connectCluster } from '../cluster/connect.ts';
import { DatabaseLockKeeper, SharedDatabaseError } from '../cluster/database-lock-keeper.ts';
import { DatabaseClock } from '../foundation/database-clock.ts';
import { HeapGrowth } from '../foundation/heap-growth.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { createController } from './create-controller.ts';
import { explain } from './explain.ts';

/** The process exits after this time even if the stop has not finished, milliseconds. Accepted batches are durable. */
const MOST_STOP_MS = 20_000;
/** Characters of the log that may wait for a disk. */
const MOST_LOG_WAITING = 2 ** 18;

/** Runs a controller with the settings of the environment until a signal ends it. What keeps it from starting or going on is explained, with exit code 1. */
export async function runController(): Promise<void> {
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

async function run(settings: Settings): Promise<void> {
  const log = pino({ level: settings.logLevel }, logDestination());
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopping.abort());
  const tracing = await openTracing(process.env, { service: 'revtr-controller', onProblem: logProblems(log) });
  const databaseSettings = parseDatabaseSettings(settings.database);
  if (databaseSettings.kind === 'embedded')
    log.warn(
      'the embedded database may lose what it stored last in a power failure; use PostgreSQL where that matters',
    );
  const lock =
    databaseSettings.kind === 'postgres'
      ? await lockDatabase(databaseSettings, settings, { log, signal: stopping.signal })
      : undefined;
  try {
    if (stopping.signal.aborted) return;
    const database = await openDatabase(databaseSettings);
    try {
      const stop = lock === undefined ? stopping.signal : AbortSignal.any([stopping.signal, lock.excluded]);
      await serve(settings, { database, log, tracing, stop });
    } finally {
      await database.close();
    }
  } finally {
    await lock?.stop();
  }
  lock?.excluded.throwIfAborted();
  // A request to a collector that does not answer must not keep the process.
  if (tracing.isOn) process.exit(0);
}

/** Standard output. When the disk of a log file is full, lines are kept up to a limit and then dropped: the process goes on. */
const logDestination = () =>
  pino.destination({ dest: 1, sync: true, maxLength: MOST_LOG_WAITING }).on('error', () => undefined);

/** Waits until no other controller uses the database; `undefined` if a signal arrives first. @throws {SharedDatabaseError} and {StorageError} */
async function lockDatabase(
  { url }: { readonly url: string },
  { bus }: Pick<Settings, 'bus'>,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<DatabaseLockKeeper | undefined> {
  const isAlone = bus === undefined;
  const holder = lockHolder();
  const tryTake = () => DatabaseLock.tryTake({ url, isShared: !isAlone, holder });
  return DatabaseLockKeeper.start({ isAlone }, { tryTake, clock: systemClock, log }, signal);
}

/** Runs the controller until `stop` fires. */
async function serve(
  settings: Settings,
  {
    database,
    log,
    tracing,
    stop,
  }: { readonly database: Database; readonly log: Logger; readonly tracing: Tracing; readonly stop: AbortSignal },
): Promise<void> {
  const { db } = database;
  const clock = await DatabaseClock.start({ databaseTime: () => databaseTime(db), log });
  try {
    const { roles, gateway, operator } = settings;
    await warnOfNewDatabase(gateway, { db, log });
    if (roles.has('gateway')) await requireKnownAuthority(gateway.authority, { db, now: new Date(clock.now()), log });
    const cluster = await connectCluster(settings, { clock, log });
    const controller = await createController(settings, { database, cluster, clock, log, tracing });
    const { users, keys } = controller;
    const key = await ensureOperator(operator, { users, keys, clock });
    if (key !== undefined) process.stdout.write(`The operator's API key (shown only once): ${key}\n`);
    const heapGrowth = new HeapGrowth({ underWay: () => controller.measurementsUnderWay, clock });
    heapGrowth.start();
    const url = await controller.start();
    log.info({ ...(url !== '' && { api: url }), roles: [...roles] }, 'started');
    await untilAborted(stop);
    const isExcluded = stop.reason instanceof SharedDatabaseError;
    if (isExcluded) log.error(`stopping: ${stop.reason.message}`);
    else log.info('stopping');
    setTimeout(() => process.exit(isExcluded ? 1 : 0), MOST_STOP_MS).unref();
    await heapGrowth.stop();
    await controller.stop();
    await tracing.close();
  } finally {
    await clock.stop();
  }
}
