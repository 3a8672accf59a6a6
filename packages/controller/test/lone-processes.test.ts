import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { untilAborted } from '@revtr/probing';
import { AuthorityRoot, openDatabase } from '@revtr/storage';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { startPostgres } from '../../storage/test/postgres-server.ts';
import { queryPostgres } from '../../storage/test/query-postgres.ts';

const MAIN = fileURLToPath(import.meta.resolve('@revtr/controller/main'));

let directory: string;
let server: Awaited<ReturnType<typeof startPostgres>>;
const begun: ChildProcess[] = [];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'revtr-lone-'));
  server = await startPostgres();
});
afterEach(async () => {
  for (const child of begun.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a controller without a bus. `authority`: name of its directory. */
function startController(authority = 'authority') {
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      REVTR_OPERATOR_KEY: 'revtr_0123456789abcdef0123456789abcdef',
      REVTR_DATABASE: server.url,
      REVTR_AUTHORITY: join(directory, authority),
      REVTR_AUDIT_DIRECTORY: join(directory, `audit${begun.length}`),
      REVTR_DATASETS: join(directory, 'datasets'),
      REVTR_PORT: '0',
      REVTR_GATEWAY_HOST: '127.0.0.1',
      REVTR_GATEWAY_PORT: '0',
    },
  });
  begun.push(child);
  const said = { log: '', errors: '' };
  child.stdout.on('data', (part: Buffer) => {
    said.log += part.toString();
  });
  child.stderr.on('data', (part: Buffer) => {
    said.errors += part.toString();
  });
  const started = () => expect.poll(() => said.log, { timeout: 120_000, interval: 200 }).toContain('"msg":"started"');
  return { child, said, started, ended: once(child, 'exit') };
}

/** Ends a controller with a signal. */
async function terminate({ child, ended }: ReturnType<typeof startController>): Promise<void> {
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
}

async function adopt(authority: string): Promise<{ readonly code: unknown; readonly errors: string }> {
  const child = spawn(process.execPath, [MAIN, 'adopt-authority', server.url, join(directory, authority)], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [errors, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { code, errors };
}

it('a controller whose database sessions ended stops with an error if another one had the database before it continues', async () => {
  const first = startController();
  await first.started();
  first.child.kill('SIGSTOP');
  await queryPostgres(
    server.url,
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  );
  const second = startController();
  await second.started();
  await terminate(second);
  expect(second.said.errors).toBe('');
  first.child.kill('SIGCONT');
  expect(await first.ended).toEqual([1, null]);
  expect(first.said.errors).toContain('another process has used this database while');
  expect(first.said.log).toContain('stopping: another process has used');
}, 300_000);

it('a controller whose database sessions end goes on alone, and says until then that it has no lock', async () => {
  const only = startController();
  await only.started();
  const url = /"api":"([^"]+)"/.exec(only.said.log)?.[1];
  const ready = async (): Promise<unknown> => (await fetch(`${url}/ready`)).json();
  expect(await ready()).toMatchObject({ status: 'ready', parts: { lock: 'ok' } });
  const another = server.url.replace(/postgres$/, 'template1');
  await queryPostgres(another, 'alter database postgres allow_connections false');
  await queryPostgres(
    another,
    "select pg_terminate_backend(pid, 5000) from pg_stat_activity where application_name = 'revtr-controller lock'",
  );
  await expect.poll(ready, { timeout: 60_000 }).toMatchObject({ status: 'ready', parts: { lock: 'failed' } });
  await expect.poll(() => only.said.log, { timeout: 60_000 }).toContain('not currently accepting connections');
  await queryPostgres(another, 'alter database postgres allow_connections true');
  await expect.poll(() => only.said.log, { timeout: 60_000 }).toContain('has the lock on the database again');
  await expect.poll(ready, { timeout: 60_000 }).toMatchObject({ status: 'ready', parts: { lock: 'ok' } });
  await terminate(only);
}, 300_000);

it('a controller without the certificate authority of its database does not start, and adopt-authority replaces it', async () => {
  const first = startController();
  await first.started();
  expect(await adopt('other')).toMatchObject({ code: 1, errors: expect.stringContaining('a controller uses') });
  await terminate(first);
  const other = startController('other');
  expect(await other.ended).toEqual([1, null]);
  expect(other.said.errors).toContain(
    `REVTR_AUTHORITY (${join(directory, 'other')}) contains no certificate authority`,
  );
  expect(other.said.errors).toContain('adopt-authority');
  expect(await adopt('other')).toMatchObject({ code: 0, errors: '' });
  const next = startController('other');
  await next.started();
  await terminate(next);
  const before = startController();
  expect(await before.ended).toEqual([1, null]);
  expect(before.said.errors).toContain('has the fingerprint');
}, 300_000);

it('a signal during the start ends it before everything runs', async () => {
  const first = startController();
  await first.started();
  await terminate(first);
  const database = await openDatabase({ kind: 'postgres', url: server.url });
  const over = new AbortController();
  const blocking = AuthorityRoot.exclusively(database.db, () => untilAborted(over.signal));
  const second = startController();
  const waits = "select count(*)::int as n from pg_locks where relation = 'authority_root'::regclass and not granted";
  await expect.poll(() => queryPostgres(server.url, waits), { timeout: 120_000 }).toEqual([{ n: 1 }]);
  second.child.kill('SIGTERM');
  await expect.poll(() => second.said.log, { timeout: 60_000 }).toContain('"msg":"stopping"');
  over.abort();
  await blocking;
  await database.close();
  expect(await second.ended).toEqual([0, null]);
  expect(second.said.log).not.toContain('"msg":"started"');
}, 300_000);
