import { systemClock, untilAborted } from '@revtr/probing';
import {
  type Database,
  DatabaseLock,
  databaseTime,
  LastLockHolder,
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
import { DatabaseLockError } from '../cluster/database-lock-error.ts';
import { DatabaseLockKeeper } from '../cluster/database-lock-keeper.ts';
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
  const stop = lock === undefined ? stopping.signal : AbortSignal.any([stopping.signal, lock.mustStop]);
  let hasStarted = false;
  try {
    lock?.mustStop.throwIfAborted();
    if (stop.aborted) return;
    const database = await openDatabase(databaseSettings);
    try {
      await lock?.record(new LastLockHolder(database.db));
      await serve(settings, { database, lock, log, tracing, stop });
      hasStarted = true;
    } catch (error) {
      if (!stop.aborted || error !== stop.reason) throw error;
    } finally {
      await database.close();
    }
  } finally {
    await lock?.stop();
  }
  lock?.mustStop.throwIfAborted();
  // Neither what an interrupted start has begun nor a request to a collector that does not answer must keep the process.
  if (tracing.isOn || !hasStarted) process.exit(0);
}

/** Standard output. When the disk of a log file is full, lines are kept up to a limit and then dropped: the process goes on. */
const logDestination = () =>
  pino.destination({ dest: 1, sync: true, maxLength: MOST_LOG_WAITING }).on('error', () => undefined);

/** Waits until no other controller uses the database; `undefined` if a signal arrives first. @throws {DatabaseLockError} and {StorageError} */
async function lockDatabase(
  { url }: { readonly url: string },
  { bus }: Pick<Settings, 'bus'>,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<DatabaseLockKeeper | undefined> {
  const isAlone = bus === undefined;
  const holder = lockHolder();
  const locked = { url, isShared: !isAlone, holder };
  const tryTake = () => DatabaseLock.tryTake(locked);
  const isFree = async () => (await DatabaseLock.holders(locked)).others.length === 0;
  return DatabaseLockKeeper.start({ isAlone, holder }, { tryTake, isFree, clock: systemClock, log }, signal);
}

interface Served {
  readonly database: Database;
  readonly lock: DatabaseLockKeeper | undefined;
  readonly log: Logger;
  readonly tracing: Tracing;
  readonly stop: AbortSignal;
}

/** Runs the controller until `stop` fires. @throws the reason of `stop` if it fires before the controller has started */
async function serve(settings: Settings, { database, lock, log, tracing, stop }: Served): Promise<void> {
  stop.throwIfAborted();
  stop.addEventListener('abort', () => beginStop(stop.reason, log), { once: true });
  const { db } = database;
  const clock = await DatabaseClock.start({ databaseTime: () => databaseTime(db), log });
  try {
    const { roles, gateway, operator } = settings;
    await warnOfNewDatabase(gateway, { db, log });
    if (roles.has('gateway')) await requireKnownAuthority(gateway.authority, { db, now: new Date(clock.now()), log });
    stop.throwIfAborted();
    const cluster = await connectCluster(settings, { clock, log });
    stop.throwIfAborted();
    const controller = await createController(settings, { database, lock, cluster, clock, log, tracing });
    const { users, keys } = controller;
    const key = await ensureOperator(operator, { users, keys, clock });
    if (key !== undefined) process.stdout.write(`The operator's API key (shown only once): ${key}\n`);
    const heapGrowth = new HeapGrowth({ underWay: () => controller.measurementsUnderWay, clock });
    heapGrowth.start();
    const url = await controller.start(stop);
    log.info({ ...(url !== '' && { api: url }), roles: [...roles] }, 'started');
    await untilAborted(stop);
    await heapGrowth.stop();
    await controller.stop();
    await tracing.close();
  } finally {
    await clock.stop();
  }
}

/** Says why the process stops, and ends it if that takes too long. */
function beginStop(reason: unknown, log: Logger): void {
  const isForced = reason instanceof DatabaseLockError;
  if (isForced) log.error(`stopping: ${reason.message}`);
  else log.info('stopping');
  setTimeout(() => process.exit(isForced ? 1 : 0), MOST_STOP_MS).unref();
}
