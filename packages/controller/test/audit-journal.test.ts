import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileJournal } from '../src/audit/audit-journal.ts';
import type { AuditRecord } from '../src/audit/audit-record.ts';
import { RECORD_BYTES, readRecords, writeRecord } from '../src/audit/journal-record.ts';
import { anyRecord, recordOf } from './audit-records.ts';

let parent: string;
let directory: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'revtr-journal-'));
  directory = join(parent, 'audit');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

/** What a journal in the directory finds when it opens. */
async function leftBehind(): Promise<AuditRecord[]> {
  const journal = new FileJournal({ directory });
  const left = await journal.open();
  journal.close();
  return left;
}

describe('a record in the journal', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 20 }), (records) => {
        const file = Buffer.alloc(records.length * RECORD_BYTES);
        for (const [i, record] of records.entries()) writeRecord(record, file, i * RECORD_BYTES);
        expect(readRecords(file)).toEqual(records);
      }),
    );
  });

  it('is left out when it makes no sense', () => {
    expect(readRecords(Buffer.alloc(10 * RECORD_BYTES))).toEqual([]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5 * RECORD_BYTES }), (bytes) => {
        for (const { at, causeId, batchId, userId } of readRecords(Buffer.from(bytes)))
          for (const number of [at, causeId, batchId, userId]) expect(Number.isSafeInteger(number)).toBe(true);
      }),
    );
  });
});

describe('a journal', () => {
  it('returns the records of earlier runs until they are dropped', async () => {
    const first = new FileJournal({ directory });
    expect(await first.open()).toEqual([]);
    const records = [1, 2, 3].map((target) => recordOf({ target }));
    first.add([records[0]]);
    first.rotate();
    first.add([records[1]]);
    first.close();
    expect(await leftBehind()).toEqual(records.slice(0, 2));

    const second = new FileJournal({ directory });
    expect(await second.open()).toHaveLength(2);
    second.add([records[2]]);
    await second.dropRotated();
    second.close();
    expect(await leftBehind()).toEqual([records[2]]);
  });

  it('keeps any number of records that are added at once', async () => {
    const journal = new FileJournal({ directory });
    await journal.open();
    const records = Array.from({ length: 1_000 }, (_, target) => recordOf({ target }));
    for (const [from, to] of [
      [0, 1],
      [1, 900],
      [900, 1_000],
    ])
      journal.add(records.slice(from, to));
    journal.close();
    expect(await leftBehind()).toEqual(records);
  });

  it('is readable by its owner alone', async () => {
    const journal = new FileJournal({ directory });
    await journal.open();
    journal.add([recordOf()]);
    journal.close();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(directory)) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  });

  it('is opened by one process at a time', async () => {
    const journal = new FileJournal({ directory });
    await journal.open();
    await expect(new FileJournal({ directory }).open()).rejects.toMatchObject({ code: 'directoryInUse' });
    journal.close();
    expect(await leftBehind()).toEqual([]);
  });

  it('is read up to where it was cut off, and ignores other files', async () => {
    const journal = new FileJournal({ directory });
    await journal.open();
    journal.add([1, 2].map((target) => recordOf({ target })));
    journal.close();
    writeFileSync(join(directory, 'notes.txt'), 'x'.repeat(200));
    for (let length = 2 * RECORD_BYTES; length >= 0; length -= 7) {
      truncateSync(join(directory, 'journal.0'), length);
      expect(await leftBehind()).toHaveLength(Math.floor(length / RECORD_BYTES));
    }
    appendFileSync(join(directory, 'journal.0'), Buffer.alloc(1_000, 0xff));
    expect(await leftBehind()).toEqual([]);
  });

  it('refuses records that are not written whole, keeps none of them, and recovers', () => {
    const program = join(import.meta.dirname, 'journal-writer.ts');
    // A limit on the size of files makes the kernel write less than it was asked to, as a full disk does.
    const limited = `ulimit -f 1; trap '' XFSZ; exec "$0" "$1" "$2"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', limited, process.execPath, program, directory], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const { added, refused, addedTogether, addedLater, kept } = JSON.parse(stdout);
    expect(added).toBe(Math.floor(1_024 / RECORD_BYTES));
    expect(refused).toBeGreaterThan(0);
    expect(addedTogether).toBe(false);
    expect(addedLater).toBe(true);
    expect(kept).toEqual([...Array(added).keys(), 99]);
  });
});
