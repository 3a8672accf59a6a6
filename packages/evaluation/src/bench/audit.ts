import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { AuditLog, NO_JOURNAL, toBlocks } from '@revtr/controller';
import { createRandom, systemClock } from '@revtr/probing';
import { AuditBlocks, type Database, openDatabase, parseDatabaseSettings } from '@revtr/storage';
import { sql } from 'kysely';
import { pino } from 'pino';
import { AuditTraffic } from './audit-traffic.ts';
import { inDirectory } from './in-directory.ts';
import { positiveInteger } from './integer-options.ts';

const DAY_MS = 86_400_000;
const DAYS = 90;
const GROUP = 200_000;
const QUERIES = 21;
const LIMIT = 100;
const WINDOW_MS = 600_000;

/**
 * Fills an audit with the records of `--packets` probes (default 1,000,000) of 90 days, in blocks as merging leaves them, and asks it. The
 * empty database is `--database` (default: an embedded one on disk that is removed).
 */
export function benchAudit(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: { packets: { type: 'string', default: '1000000' }, database: { type: 'string' } },
  });
  const packets = positiveInteger('packets', values.packets);
  return inDirectory(async (directory) => {
    const database = await openDatabase(parseDatabaseSettings(values.database ?? directory));
    try {
      return await measure(database, packets);
    } finally {
      await database.close();
    }
  });
}

async function measure(database: Database, packets: number) {
  const blocks = new AuditBlocks(database.db);
  const present = await blocks.list({ from: new Date(0), to: new Date(systemClock.now()) }, 1);
  if (present.length > 0) throw new Error('the database holds an audit already: use an empty one');
  const to = systemClock.now();
  const from = to - DAYS * DAY_MS;
  const traffic = new AuditTraffic({ packets, from, to }, { random: createRandom(1) });
  const filling = performance.now();
  let encodeMs = 0;
  for (let left = packets; left > 0; left -= GROUP) {
    const records = traffic.next(Math.min(GROUP, left));
    const encoding = performance.now();
    const made = await toBlocks(records, 1);
    encodeMs += performance.now() - encoding;
    await blocks.add(made);
  }
  const fillSeconds = (performance.now() - filling) / 1000;
  await sql`vacuum analyze audit_blocks`.execute(database.db);
  const [{ bytes }] = (
    await sql<{ bytes: number }>`select pg_total_relation_size('audit_blocks') as bytes`.execute(database.db)
  ).rows;
  const audit = new AuditLog(
    { flushMs: 2_000, keepMs: DAYS * DAY_MS },
    { blocks, journal: NO_JOURNAL, clock: systemClock, log: pino({ level: 'error' }) },
  );
  const all = { from, to, limit: LIMIT };
  const samples = traffic.samples(QUERIES);
  const ask = async (query: (i: number) => Parameters<AuditLog['find']>[0]) => {
    const times: number[] = [];
    const processorTimes: number[] = [];
    let found = 0;
    for (let i = 0; i < QUERIES; i++) {
      const cpu = process.cpuUsage();
      const started = performance.now();
      found += (await audit.find(query(i))).records.length;
      times.push(performance.now() - started);
      const { user, system } = process.cpuUsage(cpu);
      processorTimes.push((user + system) / 1_000);
    }
    for (const list of [times, processorTimes]) list.sort((a, b) => a - b);
    return {
      medianMs: Math.round(times[QUERIES >> 1]),
      medianProcessorMs: Math.round(processorTimes[QUERIES >> 1]),
      slowestMs: Math.round(times[QUERIES - 1]),
      recordsFound: found,
    };
  };
  const one = (target: number) => ({ first: target, last: target });
  return {
    packets,
    loadAverage: loadavg()[0],
    bytesPerPacket: Math.round((10 * Number(bytes)) / packets) / 10,
    encodeMicrosecondsPerPacket: Math.round((1e5 * encodeMs) / packets) / 100,
    fillSeconds: Math.round(fillSeconds),
    byTarget: await ask((i) => ({ ...all, targets: one(samples[i].target) })),
    byTargetAndTime: await ask((i) => ({
      from: samples[i].at - WINDOW_MS,
      to: samples[i].at + WINDOW_MS,
      limit: LIMIT,
      targets: one(samples[i].target),
    })),
    byNetwork: await ask((i) => {
      const first = (samples[i].target & 0xffffff00) >>> 0;
      return { ...all, targets: { first, last: first + 255 } };
    }),
    byMeasurement: await ask((i) => ({ ...all, measurement: samples[i].causeId })),
    byBatch: await ask((i) => ({ ...all, batch: samples[i].batchId })),
  };
}
