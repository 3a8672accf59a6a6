import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ColdFiles } from '@revtr/storage';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { filesIn, pathsIn } from '../../storage/test/cold-places.ts';
import { S3Server } from '../../storage/test/s3-server.ts';
import { makeOldResults, metricOf, OLD_RESULTS, type OldResults, readAll } from './old-results.ts';

const root = mkdtempSync(join(tmpdir(), 'revtr-cold-store-'));
const PREFIX = 'of/revtr';
let old: OldResults;
let s3: S3Server;
let front: Server;
let frontUrl: string;
/** Called with each request to the store, before the store sees it and when it has answered. */
let onRequest: (step: 'asked' | 'answered', request: IncomingMessage) => void = () => undefined;
let controller: ChildProcess | undefined;
/** What a controller answers whose results are still in the database. */
let answers: readonly string[];

beforeAll(async () => {
  old = await makeOldResults(join(root, 'database'));
  s3 = await S3Server.start();
  const { host, port } = new URL(s3.origin);
  front = createServer((asked, answer) => {
    onRequest('asked', asked);
    const { method, url: path, headers } = asked;
    const forwarded = request({ host: host.split(':')[0], port, method, path, headers }, (answered) => {
      onRequest('answered', asked);
      answer.writeHead(answered.statusCode ?? 0, answered.headers);
      answered.pipe(answer);
    });
    asked.pipe(forwarded);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  const address = front.address();
  frontUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  answers = await readAll(await start('30').url, old);
  await stop();
});
afterEach(() => stop());
afterAll(async () => {
  front.closeAllConnections();
  front.close();
  await s3.stop();
  rmSync(root, { recursive: true });
});

/** Runs a controller with the object store. Returns the URL of its API, and its end, one of which may never come. */
function start(afterDays = '2'): { readonly url: Promise<string>; readonly ended: Promise<unknown[]> } {
  const { url: bucket, region, accessKeyId, secretAccessKey } = s3.place(PREFIX);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('@revtr/controller/main'))], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      REVTR_OPERATOR_KEY: 'revtr_0123456789abcdef0123456789abcdef',
      REVTR_DATABASE: join(root, 'database'),
      REVTR_AUTHORITY: join(root, 'authority'),
      REVTR_DATASETS: join(root, 'datasets'),
      REVTR_AUDIT_DIRECTORY: join(root, 'audit'),
      REVTR_PORT: '0',
      REVTR_GATEWAY_HOST: '127.0.0.1',
      REVTR_GATEWAY_PORT: '0',
      REVTR_COLD_S3_URL: bucket.replace(s3.origin, frontUrl),
      REVTR_COLD_S3_REGION: region,
      REVTR_COLD_S3_ACCESS_KEY_ID: accessKeyId,
      REVTR_COLD_S3_SECRET_ACCESS_KEY: secretAccessKey,
      REVTR_COLD_AFTER_DAYS: afterDays,
    },
  });
  controller = child;
  let log = '';
  const url = new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      const found = /"api":"([^"]+)"/.exec(log);
      if (found !== null) resolve(found[1]);
    });
  });
  return { url, ended: once(child, 'exit') };
}

async function stop(): Promise<void> {
  const child = controller;
  controller = undefined;
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const files = (): ColdFiles => filesIn({ s3: s3.place(PREFIX) });

const isFile = ({ url = '' }: IncomingMessage): boolean => url.endsWith('.parquet');

it.each<['asked' | 'answered', string]>([
  ['asked', 'PUT'],
  ['answered', 'PUT'],
  ['answered', 'HEAD'],
])(
  'the controller loses nothing when it is killed as the store has %s it to %s',
  async (step, method) => {
    const { ended } = start();
    onRequest = (at, asked) => {
      if (at === step && asked.method === method && isFile(asked)) controller?.kill('SIGKILL');
    };
    expect(await ended).toEqual([null, 'SIGKILL']);
    onRequest = () => undefined;
  },
  120_000,
);

it('the controller moves old results to an object store, and answers as before', async () => {
  const left = await pathsIn(files());
  expect(left.length).toBeGreaterThan(0);
  const url = await start().url;
  await vi.waitFor(async () => expect(await metricOf(url, 'revtr_cold_results')).toBe(OLD_RESULTS), {
    timeout: 60_000,
  });
  expect(answers.map((answer) => answer.split(' ')[1])).toEqual(answers.map(() => '200'));
  expect(await readAll(url, old)).toEqual(answers);
  // Files that are younger than an hour can be those of another process.
  expect(await pathsIn(files())).toHaveLength(left.length + 1);
});

it.each<[string, (content: Buffer) => Buffer | undefined]>([
  ['damaged', (content) => content.fill(0, content.length >> 1)],
  ['missing', () => undefined],
])(
  'the controller reports %s results',
  async (reason, change) => {
    const contents = (await pathsIn(files())).map((path) => ({ path, content: s3.content(PREFIX, path) }));
    for (const { path, content } of contents) s3.change(PREFIX, path, change(Buffer.from(content)));
    const url = await start().url;
    const [single] = await readAll(url, { ...old, paths: [old.single] });
    expect(single).toMatch(new RegExp(` 500 .*"resultUnreadable".* ${reason}`));
    expect(await metricOf(url, 'revtr_cold_unreadable_total')).toBeGreaterThan(0);
    for (const { path, content } of contents) s3.change(PREFIX, path, content);
    expect(await readAll(url, old)).toEqual(answers);
  },
  120_000,
);
