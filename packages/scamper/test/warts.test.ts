import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseIpv4 } from '@revtr/net';
import { readSpoofedReply } from '@revtr/probing';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  encodeWarts,
  ScamperError,
  WartsDecoder,
  type WartsRecord,
  WartsToJson,
  type WritableRecord,
} from '../src/index.ts';
import { fixture, WARTS_FIXTURES } from './fixtures.ts';

const HEADER_LENGTH = 8;
const decode = (bytes: Uint8Array): WartsRecord[] => new WartsDecoder().push(bytes);

function convert(bytes: Uint8Array): unknown[] {
  const converter = new WartsToJson();
  const objects = decode(bytes).map((record) => converter.convert(record));
  return objects.filter((object) => object !== undefined).map((object) => JSON.parse(JSON.stringify(object)));
}

const parseLines = (text: string): unknown[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

/** Decodes bytes that may be damaged. Any error other than a ScamperError fails the test. */
function decodeDamaged(bytes: Uint8Array): { records: WartsRecord[]; code: string | undefined } {
  const decoder = new WartsDecoder();
  const records: WartsRecord[] = [];
  try {
    records.push(...decoder.push(bytes));
    const converter = new WartsToJson();
    for (const record of records) JSON.stringify(converter.convert(record));
    decoder.end();
    return { records, code: undefined };
  } catch (error) {
    if (!(error instanceof ScamperError)) throw error;
    return { records, code: error.code };
  }
}

/** A record with the header of scamper around any body. */
function recordOf(type: number, body: Uint8Array): Uint8Array {
  const header = Buffer.alloc(HEADER_LENGTH);
  header.writeUInt16BE(0x1205, 0);
  header.writeUInt16BE(type, 2);
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** The records of a file as bytes. */
function split(bytes: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  const view = Buffer.from(bytes);
  for (let at = 0; at < bytes.length; ) {
    const end = at + HEADER_LENGTH + view.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at, end));
    at = end;
  }
  return parts;
}

describe('WartsDecoder and WartsToJson', () => {
  beforeAll(() => {
    // sc_warts2json prints local times; the fixtures were recorded in UTC.
    vi.stubEnv('TZ', 'UTC');
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });

  it.each(['ping', 'trace'])('convert the %s file as sc_warts2json does', (name) => {
    const judged = parseLines(Buffer.from(fixture(`${name}.jsonl`)).toString());
    expect(judged.length).toBeGreaterThan(5);
    expect(convert(fixture(`${name}.warts`))).toEqual(judged);
  });

  it('read the packet of a sniff, from its IP header on', () => {
    const sniff = decode(fixture('sniff.warts')).find((record) => record.type === 'sniff');
    expect(sniff).toMatchObject({ source: '10.1.0.1', userId: 5, identifier: 4661, packetCount: 1 });
    const [{ bytes = new Uint8Array() }] = sniff?.packets ?? [];
    const reply = readSpoofedReply(bytes, {
      target: parseIpv4('10.3.0.2'),
      mark: { identifier: 4661, sequence: 22137, token: 'deadbeefcafebabe' },
    });
    expect(reply?.destination).toBe(parseIpv4('10.1.0.1'));
  });
});

describe('WartsDecoder', () => {
  it.each(WARTS_FIXTURES)('returns the same records of %s for chunks of every size', (name) => {
    const bytes = fixture(name);
    const whole = decode(bytes);
    for (let size = 1; size <= bytes.length; size++) {
      const decoder = new WartsDecoder();
      const records: WartsRecord[] = [];
      for (let at = 0; at < bytes.length; at += size) records.push(...decoder.push(bytes.subarray(at, at + size)));
      decoder.end();
      expect(records).toEqual(whole);
    }
  });

  it.each(WARTS_FIXTURES)('reports truncatedWarts for %s cut anywhere but between records', (name) => {
    const bytes = fixture(name);
    const whole = decode(bytes);
    let boundary = 0;
    const boundaries = new Set([0, ...split(bytes).map((part) => (boundary += part.length))]);
    for (let length = 0; length <= bytes.length; length++) {
      const { records, code } = decodeDamaged(bytes.subarray(0, length));
      expect(code).toBe(boundaries.has(length) ? undefined : 'truncatedWarts');
      expect(records).toEqual(whole.slice(0, records.length));
    }
  });

  it.each(WARTS_FIXTURES)('fails with a ScamperError alone when a body of %s is cut and its header agrees', (name) => {
    for (const part of split(fixture(name))) {
      const body = part.subarray(HEADER_LENGTH);
      for (let length = 0; length < body.length; length++)
        decodeDamaged(recordOf((part[2] << 8) | part[3], body.subarray(0, length)));
    }
  });

  it.each(WARTS_FIXTURES)('fails with a ScamperError alone when bytes of %s are changed', (name) => {
    const bytes = fixture(name);
    const edit = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        const damaged = Uint8Array.from(bytes);
        for (const [at, value] of edits) damaged[at] = value;
        decodeDamaged(damaged);
      }),
      { numRuns: 2_000 },
    );
  });

  it('keeps records apart from the memory of the chunks', () => {
    const bytes = Uint8Array.from(fixture('trace.warts'));
    const expected = decode(Uint8Array.from(bytes));
    const decoder = new WartsDecoder();
    const chunk = bytes.slice(0, 100);
    const records = decoder.push(chunk);
    chunk.fill(0xff);
    expect([...records, ...decoder.push(bytes.subarray(100))]).toEqual(expected);
  });

  it('names the offset of the damaged record', () => {
    const first = recordOf(99, new Uint8Array(3));
    const bad = Buffer.concat([first, Buffer.from('no record')]);
    expect(() => decode(bad)).toThrow(expect.objectContaining({ code: 'badWarts', details: { offset: first.length } }));
  });

  it('refuses a length that no record has, before the record arrives', () => {
    const header = recordOf(7, new Uint8Array()).slice();
    header.set([0xff, 0xff, 0xff, 0xff], 4);
    expect(() => decode(header)).toThrow(expect.objectContaining({ code: 'badWarts' }));
  });

  it('reserves no memory for packets that a sniff announces but does not contain', () => {
    // Flags for field 10 (packet count) alone, length 4, count 30,000,000.
    const body = Uint8Array.from([0x80, 0x04, 0, 4, 0x01, 0xc9, 0xc3, 0x80]);
    const before = process.memoryUsage().heapUsed;
    expect(() => decode(recordOf(13, body))).toThrow(expect.objectContaining({ code: 'truncatedWarts' }));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(100e6);
  });

  it('refuses endless flag bytes', () => {
    expect(() => decode(recordOf(7, new Uint8Array(10_000).fill(0xff)))).toThrow(
      expect.objectContaining({ code: 'badWarts' }),
    );
  });

  it('refuses an ICMP extension that is longer than it says', () => {
    const hop = { probeTtl: 1, extensions: [{ classNumber: 1, classType: 1, data: new Uint8Array(4) }] };
    const bytes = Buffer.from(encodeWarts({ type: 'trace', hops: [hop] }));
    const at = bytes.indexOf(Buffer.from([0, 8, 0, 4, 1, 1]));
    bytes.writeUInt16BE(6, at);
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ code: 'badWarts' }));
  });
});

describe('encodeWarts', () => {
  it.each(['ping.warts', 'trace.warts'])('writes the records of %s byte for byte', (name) => {
    const bytes = fixture(name);
    const written = decode(bytes).map((record) => (record.type === 'sniff' ? new Uint8Array() : encodeWarts(record)));
    expect(Buffer.concat(written).equals(bytes)).toBe(true);
  });

  it('refuses text that is not an address', () => {
    expect(() => encodeWarts({ type: 'ping', source: 'nonsense', replies: [] })).toThrow(
      expect.objectContaining({ code: 'badAddress', details: { address: 'nonsense' } }),
    );
  });

  it('round-trips addresses of every type', () => {
    const addresses = ['192.0.2.1', '2001:db8:0:0:0:0:0:1', '02:00:5e:10:00:01', '02:00:5e:10:00:01:00:02'];
    for (const source of addresses) {
      const [record] = decode(encodeWarts({ type: 'ping', source, destination: source, replies: [] }));
      expect(record).toEqual({ type: 'ping', source, destination: source, replies: [] });
    }
  });

  it.skipIf(spawnSync('sc_warts2json').error !== undefined)('writes MPLS labels that sc_warts2json reads', () => {
    const directory = mkdtempSync(join(tmpdir(), 'warts-'));
    try {
      const file = join(directory, 'mpls.warts');
      const labels = Uint8Array.from([0x00, 0x01, 0x92, 0x01, 0x06, 0x1a, 0x85, 0x02]);
      const extensions = [{ classNumber: 1, classType: 1, data: labels }];
      const records = decode(fixture('trace.warts')).flatMap((record): WritableRecord[] => {
        if (record.type === 'sniff') return [];
        if (record.type !== 'trace') return [record];
        return [{ ...record, hops: record.hops.map((hop) => ({ ...hop, extensions })) }];
      });
      const bytes = Buffer.concat(records.map((record) => encodeWarts(record)));
      writeFileSync(file, bytes);
      const env = { ...process.env, TZ: 'UTC' };
      const judged = parseLines(execFileSync('sc_warts2json', [file], { encoding: 'utf8', env }));
      expect(JSON.stringify(judged)).toContain('"mpls_label":25');
      vi.stubEnv('TZ', 'UTC');
      expect(convert(bytes)).toEqual(judged);
    } finally {
      vi.unstubAllEnvs();
      rmSync(directory, { recursive: true });
    }
  });
});
