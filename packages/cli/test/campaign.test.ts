import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Campaign } from '../src/campaign/campaign.ts';
import { Journal } from '../src/campaign/journal.ts';
import { OutputFile } from '../src/campaign/output-file.ts';
import { ProgressLine } from '../src/campaign/progress.ts';
import { measurementOf } from './values.ts';

const IDS = [11, 12, 13, 14];
const PAIRS = IDS.map((id) => ({ src: '198.51.100.1', dst: `192.0.2.${id}` }));
const silent = {
  environment: {},
  out: () => undefined,
  err: () => undefined,
  readFile: async () => '',
  isInteractive: false,
  isWatched: false,
};

describe('a campaign', () => {
  const directory = mkdtempSync(join(tmpdir(), 'revtr-campaign-'));
  const [path, journalPath] = [join(directory, 'out'), join(directory, 'journal')];
  const ended = new Set<number>();
  let server: Server;
  let submissions = 0;
  /** A server with one batch. Exports with `after` end before the first measurement that has not ended. */
  beforeEach(async () => {
    server = createServer((request, response) => {
      const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
      const after = Number(searchParams.get('after'));
      if (request.method === 'POST') {
        submissions++;
        response.end(JSON.stringify({ result_uri: 'http://server/api/v1/revtr?batchid=7', rejected: [] }));
      } else if (pathname.endsWith('/batches'))
        response.end(
          JSON.stringify({ batches: [{ id: 7, total: 4, done: ended.size, createdAt: '2026-11-20T10:00:00.000Z' }] }),
        );
      else {
        const open = IDS.findIndex((id) => id > after && !ended.has(id));
        const ids = IDS.slice(0, open === -1 ? undefined : open).filter((id) => id > after);
        response.end(ids.map((id) => `${JSON.stringify({ ...measurementOf('reaches'), id })}\n`).join(''));
      }
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true });
  });

  const idsInOutput = () =>
    readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line).id);

  it('has results in its output while their batch runs, and each of them once after an interruption', async () => {
    const { port } = server.address() as AddressInfo;
    const client = new ReverseTracerouteClient({ server: `http://127.0.0.1:${port}`, key: 'k', retry: false });
    let now = 0;
    /** Runs until the end; `onPause` is called whenever the campaign waits, with the time since its start. */
    const run = async (onPause: (seconds: number, stop: () => void) => void) => {
      const begun = now;
      const stop = new AbortController();
      const plan = { version: 1 as const, server: client.server, sha256: '0', pairs: 4, batchSize: 4 };
      const { journal } = await Journal.open(journalPath, plan);
      const output = await OutputFile.open(path, journal.outputBytes);
      const campaign = new Campaign({
        ...{ client, journal, output, now: () => now, signal: stop.signal },
        progress: new ProgressLine({ total: 4 }, { terminal: silent, now: () => now }),
        sleep: async (ms) => {
          now += ms;
          onPause((now - begun) / 1_000, () => stop.abort());
        },
      });
      try {
        return await campaign.run([PAIRS][Symbol.iterator]() as unknown as AsyncIterator<typeof PAIRS>);
      } finally {
        await Promise.all([journal.close(), output.close()]);
      }
    };
    const seen: number[][] = [];
    const interrupted = run((seconds, stop) => {
      if (seconds === 2) for (const id of [11, 12, 14]) ended.add(id);
      seen.push(seconds === 1 ? [] : idsInOutput());
      if (seconds === 20) stop();
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'cancelled' });
    expect(seen[2]).toEqual([]);
    expect(seen.at(-1)).toEqual([11, 12]);
    // As if the process had ended between a write to the output and the line in the journal.
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"id":13}\n{"id":`);
    const summary = await run((seconds) => {
      if (seconds === 3) ended.add(13);
    });
    expect(summary).toEqual({ pairs: 4, reached: 4, rejected: 0 });
    expect(idsInOutput()).toEqual(IDS);
    expect(submissions).toBe(1);
  });
});
