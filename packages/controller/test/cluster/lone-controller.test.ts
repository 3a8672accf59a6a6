import { type Database, openDatabase, sessionNameOf } from '@revtr/storage';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { startPostgres } from '../../../storage/test/postgres-server.ts';
import { untilUndisturbed } from '../../src/cluster/lone-controller.ts';

const log = pino({ level: 'silent' });
let server: { readonly url: string; stop(): Promise<void> };
const open: Database[] = [];
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterEach(async () => void (await Promise.all(open.splice(0).map((database) => database.close()))));
afterAll(() => server.stop());

async function start(isAlone: boolean, id: string) {
  const name = sessionNameOf({ isAlone, id });
  const database = await openDatabase({ kind: 'postgres', url: server.url, name });
  open.push(database);
  let slept = 0;
  const sleep = async (milliseconds: number): Promise<void> => {
    slept += milliseconds;
  };
  const begun = (more: () => Promise<unknown> = async () => undefined) =>
    untilUndisturbed(
      { isAlone, name },
      { db: database.db, log, signal: new AbortController().signal, sleep: (ms) => sleep(ms).then(more) },
    );
  return { database, begun, slept: () => slept };
}

it.each([
  { first: true, second: true, message: 'another process of a controller uses this database' },
  { first: false, second: true, message: 'another process of a controller uses this database' },
  { first: true, second: false, message: 'a controller without REVTR_BUS uses this database' },
])('a process is refused whose bus is not that of the others: alone $first, then $second', async (kinds) => {
  const first = await start(kinds.first, 'a');
  await first.begun();
  const second = await start(kinds.second, 'b');
  await expect(second.begun()).rejects.toThrow(kinds.message);
  expect(second.slept()).toBe(30_000);
});

it('processes of a cluster share a database', async () => {
  await (await start(false, 'a')).begun();
  const second = await start(false, 'b');
  await second.begun();
  expect(second.slept()).toBe(0);
});

it('a process waits until the sessions of the one before have ended', async () => {
  const first = await start(true, 'a');
  const second = await start(true, 'b');
  await second.begun(() =>
    open.includes(first.database) ? open.splice(open.indexOf(first.database), 1)[0].close() : Promise.resolve(),
  );
  expect(second.slept()).toBeGreaterThan(0);
});
