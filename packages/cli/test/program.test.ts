import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ApiServer, answersOf, startApi } from './api.ts';
import { run } from './run.ts';
import { measurementOf } from './values.ts';

const PROGRAM = fileURLToPath(new URL('../bin/revtr.js', import.meta.url));

let api: ApiServer;
beforeAll(async () => {
  api = await startApi();
});
beforeEach(() => {
  api.answers = answersOf();
  api.failure = undefined;
});
afterAll(() => api.stop());

describe('errors with --json', () => {
  const failing = async (args: readonly string[]): Promise<unknown> => {
    const { code, out, err } = await run(args, { environment: { REVTR_SERVER: api.url, REVTR_KEY: 'k' } });
    expect(out).toBe('');
    const { error } = JSON.parse(err);
    expect(error.exitCode).toBe(code);
    return error;
  };

  it('are one line of JSON on standard error, with the code of the server', async () => {
    const details = [{ at: 'revtrs[0].dst', code: 'ipv6NotSupported', message: 'is IPv6' }];
    api.failure = { status: 400, body: { error: { code: 'invalidPairs', message: 'bad', details } } };
    expect(await failing(['sources', '--json'])).toEqual({
      code: 'invalidPairs',
      message: 'bad',
      status: 400,
      details,
      exitCode: 2,
    });
  });

  it('have the same form for the command line, files, and servers that cannot be reached', async () => {
    const parsed = await failing(['measure', '--nonsense', '--json']);
    expect(parsed).toEqual({
      code: 'badArgument',
      message: expect.stringMatching(/^unknown option/),
      details: [],
      exitCode: 2,
    });
    expect(await failing(['batch', '/nonexistent/file', '--to', '198.51.100.1', '--json'])).toMatchObject({
      code: 'unreadableFile',
      exitCode: 2,
    });
    expect(await failing(['sources', '--server', '127.0.0.1:9', '--json'])).toMatchObject({
      code: 'unreachable',
      exitCode: 3,
    });
  });

  it('do not change what --help prints, nor commands whose argument is --json', async () => {
    expect(await run(['measure', '--help', '--json'])).toMatchObject({ code: 0, err: '' });
    const { err } = await run(['batch', '--', '--json', 'more'], { environment: { REVTR_KEY: 'k' } });
    expect(err).not.toMatch(/^\{/);
  });
});

describe('Ctrl-C while revtr measures', () => {
  /** Runs the program, sends it SIGINT when `until` resolves, and returns what it says on standard error. */
  const interrupted = async (
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    until: PromiseLike<unknown>,
  ): Promise<string> => {
    const child = spawn(process.execPath, [PROGRAM, ...args], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', REVTR_KEY: 'k', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let err = '';
    child.stderr.on('data', (chunk) => {
      err += chunk;
    });
    await until;
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    return err;
  };

  /** As `interrupted`, while the program measures, when the server has received so many requests. */
  const interruptedAfter = async (requests: number, listener: RequestListener): Promise<string> => {
    const server = createServer(listener).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const asked = (async () => {
      for (let request = 0; request < requests; request++) await once(server, 'request');
    })();
    try {
      const measure = ['measure', '192.0.2.1', '--to', '198.51.100.1'];
      return await interrupted(measure, { REVTR_SERVER: `localhost:${port}` }, asked);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  };

  it('ends the command, not the batch, and says how to go on', async () => {
    const err = await interruptedAfter(2, (request, response) => {
      if (request.method === 'POST')
        response.end(JSON.stringify({ result_uri: 'http://server/api/v1/revtr?batchid=7', rejected: [] }));
      // The batch never ends.
      else response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    });
    expect(err).toBe('batch 7 goes on: "revtr fetch --batch 7 --follow" waits for it, "revtr cancel 7" cancels it\n');
  });

  it('before the server has answered says that the batch may have been accepted, and where to look', async () => {
    const err = await interruptedAfter(1, () => undefined);
    expect(err).toMatch(/may have accepted the batch.*"revtr batches".*"revtr last"/s);
  });

  it('ends a campaign between two steps, and says how to go on', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'revtr-program-'));
    const batches = [{ id: 7, total: 1, done: 0, createdAt: '2026-11-20T10:00:00.000Z' }];
    api.answers = { ...answersOf(), 'GET /api/v2/batches': { batches } };
    try {
      const pairs = join(directory, 'pairs');
      writeFileSync(pairs, '192.0.2.1 198.51.100.1\n');
      const before = api.requests.length;
      const isUnderWay = expect
        .poll(() => api.requests.slice(before).map(({ line }) => line), { timeout: 30_000 })
        .toContain('GET /api/v2/batches');
      const batch = ['batch', pairs, '--out', join(directory, 'out')];
      const err = await interrupted(batch, { HOME: directory, REVTR_SERVER: api.url }, isUnderWay);
      expect(err).toBe('interrupted; run the same command again to go on\n');
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('is followed up by revtr fetch --follow and revtr last --follow, which wait', async () => {
    const environment = { REVTR_SERVER: api.url, REVTR_KEY: 'k' };
    for (const args of [
      ['fetch', '--batch', '7', '--follow'],
      ['last', '--follow'],
    ]) {
      const before = api.requests.length;
      expect(await run(args, { environment })).toMatchObject({ code: 0, out: expect.stringContaining('reaches') });
      expect(api.requests.slice(before).map(({ line }) => line)).toContain('GET /api/v2/batches/7/events');
    }
    expect((await run(['fetch', '--label', 'L', '--follow'], { environment })).code).toBe(2);
  });
});

describe('a campaign', () => {
  it('counts a destination that is the source as complete', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'revtr-program-'));
    api.answers = {
      ...answersOf(),
      'POST /api/v1/revtr': { result_uri: 'http://server/api/v1/revtr?batchid=7', rejected: [] },
      'GET /api/v2/batches/7/export': `${JSON.stringify(measurementOf('trivial'))}\n`,
    };
    const pairs = join(directory, 'pairs');
    writeFileSync(pairs, '198.51.100.1 198.51.100.1\n');
    const environment = { REVTR_SERVER: api.url, REVTR_KEY: 'k' };
    const { code, err } = await run(['batch', pairs, '--out', join(directory, 'out')], { environment });
    rmSync(directory, { recursive: true });
    expect([code, err]).toEqual([0, '1 pairs: 1 reached the source, 0 were not accepted\n']);
  });
});

describe('a screen', () => {
  /** Runs the program in a pseudo-terminal of util-linux script(1), and returns what appears there. */
  const onScreen = async (columns: number, args: readonly string[], environment = {}): Promise<string> => {
    const command = `stty cols ${columns}; exec ${process.execPath} ${PROGRAM} ${args.join(' ')}`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      env: { PATH: process.env.PATH, HOME: '/nonexistent', REVTR_SERVER: api.url, REVTR_KEY: 'k', ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    expect((await once(child, 'close'))[0]).toBe(0);
    return text.replaceAll('\r\n', '\n');
  };

  it('of 80 columns shows a path without a line that wraps; addresses stay whole', async () => {
    const name = 'xe-0-0-1.core-router-17.some-place.of-a-rather-long-named.network.example.net';
    api.answers = answersOf('text', withNames(name));
    const measure = ['measure', '192.0.2.1', '--to', '198.51.100.1'];
    const [screen, wide, plain, narrow, unknown] = await Promise.all([
      onScreen(80, measure),
      onScreen(80, [...measure, '--wide']),
      onScreen(200, measure, { NO_COLOR: '1' }),
      onScreen(30, measure),
      onScreen(0, measure),
    ]);
    const lines = stripVTControlCharacters(screen).split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect(stripVTControlCharacters(screen)).not.toBe(screen);
    expect(screen).toContain('203.0.113.5 (+1)');
    expect(screen).toContain('xe-0-0-1');
    expect(screen).not.toContain(name);
    expect(wide).toContain(name);
    expect(stripVTControlCharacters(plain)).toBe(plain);
    expect(narrow).toContain('203.0.113.5');
    // A screen that does not say how many columns it has, has 80.
    expect(unknown).toBe(screen);
  });
});

function withNames(name: string) {
  const { result, ...measurement } = measurementOf('reaches');
  if (result === undefined) throw new Error('it has a result');
  return { ...measurement, result: { ...result, hops: result.hops.map((hop) => ({ ...hop, name })) } };
}
