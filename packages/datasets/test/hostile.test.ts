import { execFileSync } from 'node:child_process';
import { Readable } from 'node:stream';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DATASET_KINDS, DatasetError, type DatasetKind, type ReadLimits, readDataset } from '../src/index.ts';
import { GOOD } from './good-files.ts';

const bzip2 = (content: string | Uint8Array): Buffer => execFileSync('bzip2', ['-c'], { input: content });
const PACKINGS = { plain: (content: string | Uint8Array) => Buffer.from(content), gzip: gzipSync, bzip2 };
/** Decompression does not depend on the kind, and bzip2 starts a thread for each file: a line format, JSON and MMDB suffice. */
const BZIP2_KINDS: readonly DatasetKind[] = ['prefix2as', 'ripeProbes', 'mmdb'];
const INVALID_LINE = 'not a line of any format, neither JSON nor MMDB\n';

/** The code of the error, or `none`. Any other error fails the test. */
async function codeOf(kind: DatasetKind, chunks: Iterable<Uint8Array>, limits?: Partial<ReadLimits>): Promise<string> {
  try {
    await readDataset(kind, Readable.from(chunks, { objectMode: false }), limits);
    return 'none';
  } catch (error) {
    if (error instanceof DatasetError) return error.code;
    throw error;
  }
}

/** Pseudo-random numbers from 0 to 1 (mulberry32), the same in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function mutated(content: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(content);
  const below = (limit: number): number => Math.floor(random() * limit);
  for (let change = 0; change <= below(4); change++) copy[below(copy.length)] = below(256);
  const [from, to] = [below(copy.length), below(copy.length)];
  return random() < 0.3 ? Buffer.concat([copy.subarray(0, from), copy.subarray(to)]) : copy;
}

describe('hostile dataset files', () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  beforeEach(() => {
    unhandled.length = 0;
    process.on('uncaughtExceptionMonitor', note);
    process.on('unhandledRejection', note);
  });
  afterEach(async () => {
    // Events of streams that were abandoned come later.
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('uncaughtExceptionMonitor', note);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  for (const kind of DATASET_KINDS)
    for (const [packing, pack] of Object.entries(PACKINGS)) {
      if (packing === 'bzip2' && !BZIP2_KINDS.includes(kind)) continue;
      // A thread is started for each bzip2 file, so not every position is tried.
      const step = packing === 'bzip2' ? 13 : 1;
      it(`of kind ${kind} (${packing}) are refused or read when they are cut at any position`, async () => {
        const content = pack(GOOD[kind]);
        for (let length = 0; length < content.length; length += step) {
          const code = await codeOf(kind, [content.subarray(0, length)]);
          // A plain text that ends at the end of a line, or within the last number of one, is a valid shorter file.
          if (packing !== 'plain') expect([length, code]).not.toEqual([length, 'none']);
        }
        expect(await codeOf(kind, [content])).toBe('none');
      });

      it(`of kind ${kind} (${packing}) are refused or read when they are changed at random`, async () => {
        const content = pack(GOOD[kind]);
        const random = randomFrom(content.length);
        for (let i = 0; i < (packing === 'bzip2' ? 8 : 200); i++) await codeOf(kind, [mutated(content, random)]);
      });

      it(`of kind ${kind} (${packing}) are refused when the first line is invalid and the end is missing`, async () => {
        const content = pack(INVALID_LINE + 'x'.repeat(200_000) + Buffer.from(GOOD[kind]).toString('latin1'));
        for (const cut of [1, 5, 9, 20]) {
          const code = await codeOf(kind, [content.subarray(0, content.length - cut)]);
          expect([cut, code]).not.toEqual([cut, 'none']);
        }
      });

      it(`of kind ${kind} (${packing}) are read when they come byte by byte`, async () => {
        const bytes = [...pack(GOOD[kind])].map((byte) => Uint8Array.of(byte));
        expect(await codeOf(kind, bytes)).toBe('none');
      });
    }

  it('are refused when they are compressed and damaged or incomplete', async () => {
    const gzip = gzipSync(GOOD.prefix2as);
    const wrongSum = Buffer.from(gzip);
    wrongSum[gzip.length - 8] ^= 1;
    expect(await codeOf('prefix2as', [wrongSum])).toBe('damaged');
    expect(await codeOf('prefix2as', [gzip.subarray(0, -1)])).toBe('truncated');
    const packed = bzip2(GOOD.prefix2as);
    const wrongBlock = Buffer.from(packed);
    wrongBlock[packed.length >> 1] ^= 1;
    expect(await codeOf('prefix2as', [wrongBlock])).toBe('damaged');
    expect(await codeOf('prefix2as', [packed.subarray(0, -1)])).toBe('truncated');
    expect(await codeOf('prefix2as', [packed, packed])).toBe('none');
  });

  it('are refused when they grow beyond a limit: bytes after decompression, a line, entries', async () => {
    const zeros = Buffer.alloc(64 * 2 ** 20, '\n');
    const bombs = { gzip: gzipSync(zeros), bzip2: bzip2(zeros) };
    for (const kind of DATASET_KINDS)
      expect([kind, await codeOf(kind, [bombs.gzip], { bytes: 2 ** 20 })]).toEqual([kind, 'tooLarge']);
    expect(await codeOf('prefix2as', [bombs.bzip2], { bytes: 2 ** 20 })).toBe('tooLarge');
    const lines = DATASET_KINDS.filter((kind) => typeof GOOD[kind] === 'string' && !String(GOOD[kind]).startsWith('{'));
    expect(lines).toHaveLength(8);
    for (const kind of lines) {
      const long = gzipSync(`# ${'x'.repeat(3 * 2 ** 20)}`);
      expect([kind, await codeOf(kind, [long])]).toEqual([kind, 'tooLarge']);
      expect([kind, await codeOf(kind, [Buffer.from(GOOD[kind])], { entries: 1 })]).toEqual([kind, 'tooLarge']);
    }
    expect(await codeOf('mmdb', [Buffer.from(GOOD.mmdb)], { entries: 0 })).toBe('tooLarge');
  });

  it('need no more memory than a block when a bzip2 file expands a thousand times', async () => {
    const bomb = bzip2(Buffer.alloc(256 * 2 ** 20));
    expect(bomb.length).toBeLessThan(1_000);
    const before = process.memoryUsage().rss;
    expect(await codeOf('prefix2as', [bomb])).toBe('tooLarge');
    expect(process.memoryUsage().rss - before).toBeLessThan(400 * 2 ** 20);
  });

  it('are refused when they contain AS numbers that do not exist', async () => {
    const files: [DatasetKind, string][] = [
      ['prefix2as', '1.0.0.0\t24\t4294967296\n'],
      ['ipasn', '1.0.0.0/24\t1e3\n'],
      ['exchangeAddresses', '195.69.144.1\t4294967296\n'],
      ['relationships', '1|99999999999999999999|0\n'],
      ['as2org', '# format:aut|changed|aut_name|org_id\n4294967296|1|a|b\n'],
      ['as2org', '{"type":"ASN","asn":true,"name":"x","organizationId":"o"}\n'],
    ];
    for (const [kind, content] of files)
      expect([kind, await codeOf(kind, [Buffer.from(content)])]).toEqual([kind, 'badLine']);
  });

  it('that are no gzip but begin like one are refused', async () => {
    const raw = Buffer.concat([Buffer.from([0x1f, 0x8b]), deflateRawSync(GOOD.prefix2as)]);
    expect(await codeOf('prefix2as', [raw])).toBe('damaged');
  });
});
