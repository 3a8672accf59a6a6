import { type Database, DatabaseLock, LastLockHolder, lockHolder, openDatabase, StorageError } from '@revtr/storage';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../../../storage/test/postgres-server.ts';
import { queryPostgres } from '../../../storage/test/query-postgres.ts';
import { DatabaseLockError } from '../../src/cluster/database-lock-error.ts';
import { DatabaseLockKeeper } from '../../src/cluster/database-lock-keeper.ts';
import { ManualClock } from '../manual-clock.ts';

let server: { readonly url: string; stop(): Promise<void> };
let database: Database;
const begun: Process[] = [];
beforeAll(async () => {
  server = await startPostgres();
  database = await openDatabase({ kind: 'postgres', url: server.url });
});
afterEach(async () => {
  for (const process of begun.splice(0)) await process.stop();
});
afterAll(async () => {
  await database.close();
  await server.stop();
});

/** A process of a controller, whose waits end at once while it starts, and whose database can be away. */
class Process {
  readonly clock = new ManualClock();
  readonly #isAlone: boolean;
  readonly #holder = lockHolder();
  #keeper: DatabaseLockKeeper | undefined;
  /** Why the database cannot be locked. */
  #failure: Error | undefined;
  /** Why the last holder of the lock can neither be read nor stored. */
  unreadable: Error | undefined;
  readonly warnings: string[] = [];
  #attempts = 0;
  slept = 0;

  constructor(isAlone: boolean) {
    this.#isAlone = isAlone;
    begun.push(this);
  }

  async start({
    signal = new AbortController().signal,
    onSleep = async () => undefined,
  }: {
    readonly signal?: AbortSignal;
    readonly onSleep?: () => Promise<unknown>;
  } = {}): Promise<void> {
    const sleep = async (milliseconds: number, signal?: AbortSignal): Promise<void> => {
      if (this.#keeper !== undefined) return this.clock.sleep(milliseconds, signal);
      this.slept += milliseconds;
      await onSleep();
    };
    const collaborators = {
      tryTake: () => this.#tryTake(),
      isFree: async () => (await DatabaseLock.holders(this.#locked)).others.length === 0,
      clock: { now: () => this.clock.now(), sleep },
      log: {
        info: () => undefined,
        warn: (...[about]: readonly unknown[]) => void this.warnings.push(JSON.stringify(about)),
      },
    };
    const options = { isAlone: this.#isAlone, holder: this.#holder };
    this.#keeper = await DatabaseLockKeeper.start(options, collaborators, signal);
    const last = new LastLockHolder(database.db);
    await this.#keeper?.record({
      read: async () => {
        if (this.unreadable !== undefined) throw this.unreadable;
        return last.read();
      },
      replace: async (holder) => {
        if (this.unreadable !== undefined) throw this.unreadable;
        await last.replace(holder);
      },
    });
  }

  #tryTake(): Promise<DatabaseLock | undefined> {
    this.#attempts++;
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return DatabaseLock.tryTake(this.#locked);
  }

  get #locked() {
    return { url: server.url, isShared: !this.#isAlone, holder: this.#holder };
  }

  get isHeld(): boolean {
    return this.#keeper?.isHeld === true;
  }

  get isRunning(): boolean {
    return this.#keeper !== undefined && !this.#keeper.mustStop.aborted;
  }

  get reason(): unknown {
    return this.#keeper?.mustStop.reason;
  }

  /** The server ends the session with the lock, which has lasted so long, and the process cannot reach it. Resolves when it has noticed. */
  async cutOff({ failure = new Error('the database is away'), lastedMs = 10_000 } = {}): Promise<void> {
    await this.clock.advance(lastedMs);
    this.#failure = failure;
    const before = this.#attempts;
    await queryPostgres(
      server.url,
      `select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory' and objid = ${this.#holder}`,
    );
    if (lastedMs < 10_000) await expect.poll(() => this.clock.sleeping, { timeout: 10_000 }).toBe(1);
    else await expect.poll(() => this.#attempts, { timeout: 10_000 }).toBe(before + 1);
  }

  /** The next attempt is due, with another failure or none. */
  async tryAgain(failure?: Error): Promise<void> {
    this.#failure = failure;
    const before = this.#attempts;
    await expect.poll(() => this.clock.sleeping).toBe(1);
    await this.clock.advance(1_000);
    await expect.poll(() => this.#attempts === before + 1 || !this.isRunning).toBe(true);
  }

  get attempts(): number {
    return this.#attempts;
  }

  async stop(): Promise<void> {
    const keeper = this.#keeper;
    this.#keeper = undefined;
    await keeper?.stop();
  }
}

/** How many sessions have the lock on the database. */
async function holders(): Promise<number> {
  const rows = await queryPostgres(
    server.url,
    "select count(*) as n from pg_locks where locktype = 'advisory' and objid = 0 and granted",
  );
  return Number(rows[0]?.n);
}

it.each([
  { first: true, second: true, message: 'another process of a controller uses this database' },
  { first: false, second: true, message: 'another process of a controller uses this database' },
  { first: true, second: false, message: 'a controller without REVTR_BUS uses this database' },
])('a process is refused whose bus is not that of the others: alone $first, then $second', async (kinds) => {
  await new Process(kinds.first).start();
  const second = new Process(kinds.second);
  await expect(second.start()).rejects.toThrow(kinds.message);
  expect(second.slept).toBe(30_000);
});

it('processes of a cluster share a database', async () => {
  await new Process(false).start();
  const second = new Process(false);
  await second.start();
  expect(second.slept).toBe(0);
});

it('a process waits until the one before has left', async () => {
  const first = new Process(true);
  await first.start();
  const second = new Process(true);
  await second.start({ onSleep: () => first.stop() });
  expect(second.slept).toBeGreaterThan(0);
});

it('a process that waits lets one that has lost its session take the lock again', async () => {
  const first = new Process(true);
  await first.start();
  const second = new Process(true);
  let sleeps = 0;
  const outage = async (): Promise<void> => {
    sleeps++;
    if (sleeps === 1) await first.cutOff();
    if (sleeps === 4) await first.tryAgain();
    if (sleeps === 4) await expect.poll(() => first.isHeld).toBe(true);
  };
  await expect(second.start({ onSleep: outage })).rejects.toThrow(DatabaseLockError);
  expect(first.isRunning).toBe(true);
});

it('a signal ends the waiting', async () => {
  await new Process(true).start();
  const second = new Process(true);
  const stop = new AbortController();
  await second.start({ signal: stop.signal, onSleep: async () => stop.abort() });
  expect(second.isRunning).toBe(false);
  expect(second.slept).toBe(500);
});

it('a process whose session was lost takes the lock again, and excludes others as before', async () => {
  const first = new Process(true);
  await first.start();
  await first.cutOff();
  expect(await holders()).toBe(0);
  await first.tryAgain();
  await expect.poll(holders).toBe(1);
  await expect(new Process(true).start()).rejects.toThrow(DatabaseLockError);
  expect(first.isRunning).toBe(true);
});

it.each([
  { first: true, second: true },
  { first: true, second: false },
  { first: false, second: true },
])('a process stops that comes back beside one that began meanwhile: alone $first, then $second', async (kinds) => {
  const first = new Process(kinds.first);
  await first.start();
  await first.cutOff();
  const second = new Process(kinds.second);
  await second.start();
  expect([first.isRunning, second.isRunning]).toEqual([true, true]);
  await first.tryAgain();
  await expect.poll(() => first.isRunning).toBe(false);
  expect(first.reason).toMatchObject({ code: kinds.first ? 'usedMeanwhile' : 'shared' });
  expect(second.isRunning).toBe(true);
  await first.stop();
  expect(await holders()).toBe(1);
});

it.each([
  { first: true, second: true, goesOn: false },
  { first: true, second: false, goesOn: false },
  { first: false, second: true, goesOn: true },
])('a controller stops if another one had the database meanwhile: alone $first, then $second', async (kinds) => {
  const first = new Process(kinds.first);
  await first.start();
  await first.cutOff();
  const second = new Process(kinds.second);
  await second.start();
  await second.stop();
  await first.tryAgain();
  if (kinds.goesOn) await expect.poll(() => first.isHeld).toBe(true);
  else await expect.poll(() => first.isRunning).toBe(false);
  if (!kinds.goesOn) expect(first.reason).toMatchObject({ code: 'usedMeanwhile' });
  await expect.poll(holders).toBe(kinds.goesOn ? 1 : 0);
});

it('a controller stops if a process that began before it had the database meanwhile', async () => {
  const [first, second] = [new Process(false), new Process(true)];
  await first.start();
  await first.cutOff();
  await second.start();
  await second.cutOff();
  await first.tryAgain();
  await expect.poll(() => first.isHeld).toBe(true);
  await first.stop();
  await second.tryAgain();
  await expect.poll(() => second.isRunning).toBe(false);
});

it('a controller stops that cannot reach a database which another one has', async () => {
  const [first, second] = [new Process(true), new Process(true)];
  await first.start();
  await first.cutOff();
  await second.start();
  await first.tryAgain(new StorageError('queryFailed', 'too many connections', { sqlState: '53300' }));
  await expect.poll(() => first.isRunning).toBe(false);
  expect(first.reason).toMatchObject({ code: 'usedMeanwhile' });
});

it.each([{ isAlone: true }, { isAlone: false }])(
  'a lock is not kept while nobody knows who had it last: alone $isAlone',
  async ({ isAlone }) => {
    const process = new Process(isAlone);
    await process.start();
    await process.cutOff();
    process.unreadable = new StorageError('unreachable', 'refused', { reason: 'ECONNREFUSED' });
    await process.tryAgain();
    await expect.poll(() => process.warnings.at(-1)).toContain('refused');
    expect([process.isHeld, process.isRunning]).toEqual([false, true]);
    expect(await holders()).toBe(0);
    process.unreadable = undefined;
    await process.tryAgain();
    await expect.poll(() => process.isHeld).toBe(true);
  },
);

it('of two processes that have lost their sessions, the one that had the lock last goes on', async () => {
  const [first, second] = [new Process(true), new Process(true)];
  await first.start();
  await first.cutOff();
  await second.start();
  await second.cutOff();
  await Promise.all([first.tryAgain(), second.tryAgain()]);
  await expect.poll(() => [first.isRunning, second.isHeld]).toEqual([false, true]);
  expect(await holders()).toBe(1);
});

it('processes of a cluster that have lost their sessions go on together', async () => {
  const [first, second] = [new Process(false), new Process(false)];
  for (const process of [first, second]) await process.start();
  for (const process of [first, second]) await process.cutOff();
  for (const process of [first, second]) await process.tryAgain();
  await expect.poll(holders).toBe(2);
  expect([first.isRunning, second.isRunning]).toEqual([true, true]);
});

it('a process says whether it has the lock, and why it cannot take it again', async () => {
  const process = new Process(true);
  await process.start();
  expect(process.isHeld).toBe(true);
  await process.cutOff();
  expect(process.isHeld).toBe(false);
  await process.tryAgain(new Error('the database is away'));
  await process.tryAgain(new Error('another reason'));
  await process.tryAgain();
  await expect.poll(() => process.isHeld).toBe(true);
  const reasons = process.warnings.slice(1).map((line) => JSON.parse(line));
  expect(reasons).toEqual([{ reason: 'the database is away' }, { reason: 'another reason' }]);
});

it.each([
  { error: new StorageError('queryFailed', 'database "revtr" does not exist', { sqlState: '3D000' }), isLast: true },
  { error: new StorageError('databaseInUse', 'an earlier session does not end', {}), isLast: true },
  { error: new StorageError('unreachable', 'refused', { reason: 'ECONNREFUSED' }), isLast: false },
  { error: new StorageError('queryFailed', 'the server starts', { sqlState: '57P03' }), isLast: false },
  { error: new StorageError('queryFailed', 'a standby', { sqlState: '0A000' }), isLast: false },
  { error: new StorageError('queryFailed', 'too many connections', { sqlState: '53300' }), isLast: false },
])('a process stops after a minute in which the server answers and refuses the lock: $error.message', async (fault) => {
  const process = new Process(true);
  await process.start();
  await process.cutOff({ failure: fault.error });
  for (let seconds = 1; seconds < 60; seconds++) await process.tryAgain(fault.error);
  expect(process.isRunning).toBe(true);
  await process.tryAgain(fault.error);
  expect(process.isRunning).toBe(!fault.isLast);
  if (fault.isLast) expect(process.reason).toMatchObject({ code: 'refused' });
});

it('a process pauses before it takes a lock again that it has lost at once', async () => {
  const process = new Process(true);
  await process.start();
  await process.cutOff({ lastedMs: 9_000 });
  expect(process.attempts).toBe(1);
  await process.tryAgain();
  await expect.poll(() => process.isHeld).toBe(true);
});
