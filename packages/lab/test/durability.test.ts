import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Batch, ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { startPostgres } from '../../storage/test/postgres-server.ts';

const SERVER = new URL('./durable-server.ts', import.meta.url).pathname;
const readySchema = z.object({
  url: z.string(),
  key: z.string(),
  source: z.string(),
  destinations: z.array(z.string()),
});
type Ready = z.infer<typeof readySchema>;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'revtr-durable-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function start(
  database = directory,
): Promise<{ child: ChildProcess; ready: Ready; client: ReverseTracerouteClient }> {
  const child = spawn(process.execPath, [SERVER, database], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ready = await new Promise<Ready>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(readySchema.parse(JSON.parse(text)));
    });
    child.once('exit', () => reject(new Error(`the server ended: ${text}`)));
  });
  return { child, ready, client: new ReverseTracerouteClient({ server: ready.url, key: ready.key }) };
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

/** A batch as soon as some of its measurements have ended, or after ten seconds. */
async function whenDone(done: number, batchId: number, client: ReverseTracerouteClient): Promise<Batch> {
  for (let tries = 0; ; tries++) {
    const batch = await client.batch(batchId);
    if (batch.done >= done || tries === 200) return batch;
    await sleep(50);
  }
}

/** A batch was interrupted before its end, every measurement of it has ended, and what was known before is the same. */
function expectContinued(pairs: readonly { readonly dst: string }[], before: Batch, after: Batch): void {
  expect(before.done).toBeLessThan(pairs.length);
  expect(after).toMatchObject({ total: pairs.length, done: pairs.length });
  expect(after.measurements.map(({ destination }) => destination)).toEqual(pairs.map(({ dst }) => dst));
  for (const measurement of before.measurements.filter(({ state }) => state === 'done'))
    expect(after.measurements).toContainEqual(measurement);
}

describe('kill -9 in the middle of a batch', () => {
  it('loses nothing: a restart finishes every measurement, once', async () => {
    const first = await start();
    const pairs = first.ready.destinations
      .slice(0, 150)
      .map((dst) => ({ src: first.ready.source, dst, isRunRttPings: false }));
    const { batchId } = await first.client.submit(pairs);
    const before = await whenDone(20, batchId, first.client);
    await end(first.child, 'SIGKILL');
    expect(before.done).toBeGreaterThanOrEqual(20);

    const second = await start();
    const after = await second.client.wait(batchId);
    await end(second.child, 'SIGKILL');
    expectContinued(pairs, before, after);
  });
});

describe('a backup of the embedded database', () => {
  it('is a copy of its directory after a stop under load; in an empty place, every measurement ends, once', async () => {
    const first = await start();
    const pairs = first.ready.destinations
      .slice(150, 270)
      .map((dst) => ({ src: first.ready.source, dst, isRunRttPings: false }));
    const { batchId } = await first.client.submit(pairs);
    const before = await whenDone(10, batchId, first.client);
    await end(first.child, 'SIGTERM');
    const copy = join(directory, '..', `${basename(directory)}-copy`);
    cpSync(directory, copy, { recursive: true, preserveTimestamps: true });
    rmSync(directory, { recursive: true });
    try {
      const second = await start(copy);
      const after = await second.client.wait(batchId);
      await end(second.child, 'SIGKILL');
      expectContinued(pairs, before, after);
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
  });
});

describe('the embedded database', () => {
  it('moves to PostgreSQL after a stop under load: every measurement ends, once, and what was known is the same', async () => {
    const server = await startPostgres();
    const embedded = mkdtempSync(join(tmpdir(), 'revtr-durable-'));
    try {
      const first = await start(embedded);
      const pairs = first.ready.destinations
        .slice(0, 120)
        .map((dst) => ({ src: first.ready.source, dst, isRunRttPings: false }));
      const { batchId } = await first.client.submit(pairs);
      const before = await whenDone(10, batchId, first.client);
      await expect(copy(embedded, server.url)).rejects.toThrow('has the directory');
      await expect(copy(`${embedded}-mistyped`, server.url)).rejects.toThrow('contains no database');
      await end(first.child, 'SIGTERM');

      expect(await copy(embedded, server.url)).toMatch(
        /Copied [\d,]+ rows of \d+ tables to PostgreSQL, database postgres at 127.0.0.1.\nBoth databases have the same contents.\n$/,
      );
      await expect(copy(embedded, server.url)).rejects.toThrow('the target database is in use already');

      const second = await start(server.url);
      const after = await second.client.wait(batchId);
      const { batchId: next } = await second.client.submit(pairs.slice(0, 5));
      const later = await second.client.wait(next);
      await end(second.child, 'SIGTERM');
      expect(next).toBeGreaterThan(batchId);
      expect(later).toMatchObject({ total: 5, done: 5 });
      expectContinued(pairs, before, after);
    } finally {
      await server.stop();
      rmSync(embedded, { recursive: true, force: true });
    }
  });
});

const CONTROLLER = fileURLToPath(import.meta.resolve('@revtr/controller/main'));

/** What `copy-database` prints. */
async function copy(from: string, to: string): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [CONTROLLER, 'copy-database', from, to]);
  return stdout;
}
