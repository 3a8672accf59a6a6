import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'revtr-log-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** HTTP status of a path, or `undefined` when nobody answers. */
const statusOf = (socketPath: string, path: string): Promise<number | undefined> =>
  new Promise((resolve) => {
    const asked = request({ socketPath, path }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    asked.on('error', () => resolve(undefined));
    asked.end();
  });

describe('a log that cannot be written', () => {
  it('does not end the controller', async () => {
    const socket = join(directory, 'api.sock');
    // Every write to this device fails with ENOSPC (full(4)).
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('@revtr/controller/main'))], {
      stdio: ['ignore', full, 'inherit'],
      env: {
        ...process.env,
        REVTR_OPERATOR_KEY: 'revtr_0123456789abcdef0123456789abcdef',
        REVTR_DATABASE: 'memory:',
        REVTR_AUTHORITY: join(directory, 'authority'),
        REVTR_DATASETS: join(directory, 'datasets'),
        REVTR_SOCKET: socket,
        REVTR_GATEWAY_HOST: '127.0.0.1',
        REVTR_GATEWAY_PORT: '0',
      },
    });
    closeSync(full);
    const ended = once(child, 'exit');
    for (let tries = 0; child.exitCode === null && (await statusOf(socket, '/health')) !== 200 && tries < 600; tries++)
      await sleep(100);
    expect(await statusOf(socket, '/health')).toBe(200);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });
});
