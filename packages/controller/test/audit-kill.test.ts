import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@revtr/probing';
import { AuditBlocks, openDatabase } from '@revtr/storage';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FileJournal } from '../src/audit/audit-journal.ts';
import { AuditLog } from '../src/audit/audit-log.ts';

const PROGRAM = join(import.meta.dirname, 'audit-prober.ts');
const KILLS = 2;
const PROBES = 3_000;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'revtr-audit-kill-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the program and kills it when it has sent about `probes` probes. */
function probeAndKill(first: number, probes: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, directory, String(first)], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [dots, err] = [0, ''];
    child.stdout.on('data', (chunk: Buffer) => {
      // A dot for 1 + 2 + … + 20 probes.
      dots += chunk.length;
      if (dots > probes / 210) child.kill('SIGKILL');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once('close', (_code, signal) => {
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`the program ended: ${err}`));
    });
  });
}

it('has every probe that left before a kill -9, once', async () => {
  for (let kill = 1; kill <= KILLS; kill++) await probeAndKill(kill * 1_000_000, PROBES / kill);
  const left = readFileSync(join(directory, 'sent'), 'utf8').trimEnd().split('\n').map(Number);
  expect(left.length).toBeGreaterThan(PROBES);

  const database = await openDatabase({ kind: 'embedded', directory: join(directory, 'data') });
  const journal = new FileJournal({ directory: join(directory, 'audit') });
  const blocks = new AuditBlocks(database.db);
  const audit = new AuditLog(
    { flushMs: 1_000, keepMs: 1e12 },
    { blocks, journal, clock: systemClock, log: pino({ level: 'silent' }) },
  );
  await audit.open();
  const { records } = await audit.find({ from: 0, to: systemClock.now(), limit: 1_000_000 });
  await audit.stop();
  await database.close();
  const recorded = records.map(({ target }) => target);
  expect(new Set(recorded).size).toBe(recorded.length);
  const known = new Set(recorded);
  expect(left.filter((target) => !known.has(target))).toEqual([]);
  // At each kill, at most the probes that were on their way together may be recorded and not sent.
  expect(recorded.length - left.length).toBeLessThanOrEqual(20 * KILLS);
});
