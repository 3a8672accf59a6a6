import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { type Prober, systemClock } from '@revtr/probing';
import { AuditBlocks, openDatabase } from '@revtr/storage';
import { pino } from 'pino';
import { AuditGuard } from '../src/audit/audit-guard.ts';
import { FileJournal } from '../src/audit/audit-journal.ts';
import { AuditLog } from '../src/audit/audit-log.ts';
import { GuardedProber } from '../src/safety/guarded-prober.ts';
import { pooledRandomBytes } from '../src/safety/random-pool.ts';

/**
 * Probes until it is killed, with up to 20 probes at once. Writes the target of each probe that leaves to the file `sent`, and prints a dot now and then. Arguments:
 * directory, first target.
 */
const [, , directory, first] = process.argv;
const log = pino({ level: 'silent' });
const clock = systemClock;
const database = await openDatabase({ kind: 'embedded', directory: join(directory, 'data') });
const journal = new FileJournal({ directory: join(directory, 'audit') });
const blocks = new AuditBlocks(database.db);
const audit = new AuditLog({ flushMs: 20, keepMs: 1e12 }, { blocks, journal, clock, log });
await audit.open();
audit.start();
const file = openSync(join(directory, 'sent'), 'a');
const wire: Prober = {
  ping: async (request) => {
    writeSync(file, `${request.target}\n`);
    return { type: 'ping', request, sentAt: clock.now() };
  },
  traceroute: () => Promise.reject(new Error('not used')),
};
const guards = [new AuditGuard({ audit, clock })];
const prober = new GuardedProber({ prober: wire, guards, clock, randomBytes: pooledRandomBytes });
const probe = (target: number) => prober.ping({ type: 'ping', sender: 1, target, timeoutMs: 1_000 });
for (let target = Number(first), together = 1; ; target += together, together = (together % 20) + 1) {
  await Promise.all(Array.from({ length: together }, (_, i) => probe(target + i)));
  if (together !== 20) continue;
  process.stdout.write('.');
  await clock.sleep(1);
}
