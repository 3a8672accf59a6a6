import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeWarts, ScamperError, WartsDecoder, type WartsRecord, WartsToJson } from '@revtr/scamper';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canRunKernelLab, startScamperLab } from './kernel.ts';

const COMMANDS = [
  'ping -R -c 2 10.4.0.2',
  'ping -c 3 -i 0.1 10.4.0.2',
  'ping -T tsandaddr -c 1 10.4.0.2',
  'ping -T tsonly -c 1 10.4.0.2',
  'ping -T tsprespec=10.4.0.2,10.23.0.1 -c 1 10.4.0.2',
  'ping -R -m 3 -c 1 10.4.0.2',
  'ping -c 1 10.4.0.77',
  'ping -P udp -c 1 10.4.0.2',
  'ping -P tcp-ack -c 1 10.4.0.2',
  'ping -R -c 1 -O spoof -O nosrc -S 10.102.0.1 -F 4661 -d 22137 -B deadbeefcafebabe0011 -U 77 10.4.0.2',
  'trace -P icmp-paris -q 2 -w 1 10.4.0.2',
  'trace -P udp-paris -w 1 10.4.0.2',
  'trace -P icmp -w 1 -g 2 10.4.0.77',
  'trace -P udp-paris -w 1 10.99.0.2',
];

describe.skipIf(!canRunKernelLab())('warts', () => {
  let directory: string;
  let file: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-warts-'));
    file = join(directory, 'all.warts');
    const { lab, down } = await startScamperLab(({ nodes }) => {
      nodes.R3 = { role: 'router', options: { ttl: 'silent' } };
    });
    await lab.exec('S', 'scamper', '-O', 'warts', '-o', file, ...COMMANDS.flatMap((command) => ['-I', command]));
    await down();
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const judged = (path: string): object[] =>
    execFileSync('sc_warts2json', [path], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const decode = (bytes: Uint8Array): WartsRecord[] => new WartsDecoder().push(bytes);

  it("are read as scamper's own sc_warts2json reads them", () => {
    const converter = new WartsToJson();
    const ours = decode(readFileSync(file))
      .map((record) => converter.convert(record))
      .filter((json) => json !== undefined);
    expect(ours.map((json) => JSON.parse(JSON.stringify(json)))).toEqual(judged(file));
    expect(ours.length).toBe(COMMANDS.length + 2);
  });

  it('are written byte by byte as scamper wrote them', () => {
    const bytes = readFileSync(file);
    const written = Buffer.concat(
      decode(bytes).map((record) => (record.type === 'sniff' ? new Uint8Array() : encodeWarts(record))),
    );
    expect(written.equals(bytes)).toBe(true);
    const copy = join(directory, 'copy.warts');
    writeFileSync(copy, written);
    expect(judged(copy)).toEqual(judged(file));
  });

  it('are the same in chunks of any size', () => {
    const bytes = readFileSync(file);
    const whole = decode(bytes);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 700 }), (size) => {
        const decoder = new WartsDecoder();
        const records = [];
        for (let at = 0; at < bytes.length; at += size) records.push(...decoder.push(bytes.subarray(at, at + size)));
        decoder.end();
        expect(records).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('give records or a ScamperError when they are damaged, never another exception', () => {
    const bytes = readFileSync(file);
    const edit = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), fc.nat(bytes.length), (edits, length) => {
        const damaged = Uint8Array.from(bytes.subarray(0, length));
        for (const [at, value] of edits) if (at < damaged.length) damaged[at] = value;
        const decoder = new WartsDecoder();
        try {
          const converter = new WartsToJson();
          for (const record of decoder.push(damaged)) converter.convert(record);
          decoder.end();
        } catch (error) {
          expect(error).toBeInstanceOf(ScamperError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
