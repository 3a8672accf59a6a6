import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimDownload } from '../src/store/download-claim.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const HOUR = 3_600_000;

describe('claims of downloads', () => {
  let directory: string;
  let path: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-claims-'));
    path = join(directory, 'file.download');
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const claim = (now = NOW): ReturnType<typeof claimDownload> => claimDownload(path, { now, mostMs: HOUR });

  it('are had by one of many processes that begin at once', async () => {
    for (let round = 0; round < 100; round++) {
      const claims = (await Promise.all(Array.from({ length: 8 }, () => claim()))).filter((had) => had !== undefined);
      expect(claims).toHaveLength(1);
      expect(readdirSync(directory)).toEqual(['file.download']);
      await claims[0]();
      expect(readdirSync(directory)).toEqual([]);
    }
  });

  it('appear as a whole: another process would take an empty one for damaged', async () => {
    for (let round = 0; round < 100; round++) {
      let isUnderWay = true;
      const claimed = claim().finally(() => {
        isUnderWay = false;
      });
      while (isUnderWay) {
        await new Promise((resolve) => setImmediate(resolve));
        if (existsSync(path)) expect(readFileSync(path, 'utf8')).not.toBe('');
      }
      await (await claimed)?.();
    }
  });

  it('are not taken back from the process that has them next', async () => {
    const first = await claim();
    const second = await claim(NOW + HOUR);
    await first?.();
    expect(await claim(NOW + HOUR)).toBeUndefined();
    await second?.();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('hold for a process whose clock is behind, unless it is far behind', async () => {
    await claim();
    expect(await claim(NOW - HOUR)).toBeUndefined();
    expect(await claim(NOW - HOUR - 1)).toBeDefined();
  });
});
