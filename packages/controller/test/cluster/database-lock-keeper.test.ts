import { DatabaseLock, lockHolder } from '@revtr/storage';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../../../storage/test/postgres-server.ts';
import { queryPostgres } from '../../../storage/test/query-postgres.ts';
import { DatabaseLockKeeper, SharedDatabaseError } from '../../src/cluster/database-lock-keeper.ts';
import { ManualClock } from '../manual-clock.ts';

const log = pino({ level: 'silent' });
let server: { readonly url: string; stop(): Promise<void> };
const begun: Process[] = [];
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterEach(async () => {
  for (const process of begun.splice(0)) await process.stop();
});
afterAll(() => server.stop());

/** A process of a controller, whose waits end at once while it starts, and whose database can be away. */
class Process {
  readonly clock = new ManualClock();
  readonly #isAlone: boolean;
  readonly #holder = lockHolder();
  #keeper: DatabaseLockKeeper | undefined;
  #isCutOff = false;
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
    const collaborators = { tryTake: () => this.#tryTake(), clock: { now: () => this.clock.now(), sleep }, log };
    this.#keeper = await DatabaseLockKeeper.start({ isAlone: this.#isAlone }, collaborators, signal);
  }

  #tryTake(): Promise<DatabaseLock | undefined> {
    this.#attempts++;
    if (this.#isCutOff) return Promise.reject(new Error('the database is away'));
    return DatabaseLock.tryTake({ url: server.url, isShared: !this.#isAlone, holder: this.#holder });
  }

  get isRunning(): boolean {
    return this.#keeper !== undefined && !this.#keeper.excluded.aborted;
  }

  get reason(): unknown {
    return this.#keeper?.excluded.reason;
  }

  /** The server ends the session with the lock, and the process cannot reach it. Resolves when it has noticed. */
  async cutOff(): Promise<void> {
    this.#isCutOff = true;
    const before = this.#attempts;
    await queryPostgres(
      server.url,
      `select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory' and objid = ${this.#holder}`,
    );
    await expect.poll(() => this.#attempts, { timeout: 10_000 }).toBe(before + 1);
  }

  /** The server can be reached again, and the next attempt is due. */
  async comeBack(): Promise<void> {
    this.#isCutOff = false;
    const before = this.#attempts;
    await this.clock.advance(1_000);
    await expect.poll(() => this.#attempts).toBe(before + 1);
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
  await first.comeBack();
  await expect.poll(holders).toBe(1);
  await expect(new Process(true).start()).rejects.toThrow(SharedDatabaseError);
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
  await first.comeBack();
  await expect.poll(() => first.isRunning).toBe(false);
  expect(first.reason).toBeInstanceOf(SharedDatabaseError);
  expect(second.isRunning).toBe(true);
  await first.stop();
  expect(await holders()).toBe(1);
});

it('of two processes that have lost their sessions, one goes on', async () => {
  const [first, second] = [new Process(true), new Process(true)];
  await first.start();
  await first.cutOff();
  await second.start();
  await second.cutOff();
  await Promise.all([first.comeBack(), second.comeBack()]);
  await expect.poll(() => [first.isRunning, second.isRunning].sort()).toEqual([false, true]);
  expect(await holders()).toBe(1);
});

it('processes of a cluster that have lost their sessions go on together', async () => {
  const [first, second] = [new Process(false), new Process(false)];
  for (const process of [first, second]) await process.start();
  for (const process of [first, second]) await process.cutOff();
  for (const process of [first, second]) await process.comeBack();
  await expect.poll(holders).toBe(2);
  expect([first.isRunning, second.isRunning]).toEqual([true, true]);
});
