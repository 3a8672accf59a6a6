import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@revtr/probing';
import { pino } from 'pino';
import { growthOf } from './growth.ts';
import { changeRouting, flapHosts } from './hosts.ts';
import { Life } from './life.ts';
import { operate } from './operations.ts';
import { OldestRows } from './outlived.ts';
import { People } from './people.ts';
import { RETAINED_TABLES } from './retention.ts';
import { Samples } from './samples.ts';
import { startWeekSystem } from './system.ts';
import type { JudgedTable } from './table-values.ts';
import { Work } from './work.ts';

const HOUR_MS = 3_600_000;
const PER_DAY = 24;
/** Results are deleted by whole days, at the end of the day after the one on which they are a day old; the others pass their retention before. */
const SKIPPED_DAYS = 3;

/**
 * Tables whose rows are deleted by their age hold what a day or two have left in them. That follows the load, which differs between days; whether a row is kept too
 * long is looked at separately.
 */
const LOAD_SHARE = 0.5;
/** Results are kept for two days at most, and watches and self-audits measure less than users do. */
const RESULT_DAYS = 3;

const judgedTables = (measurementsPerDay: number): ReadonlyMap<string, JudgedTable> =>
  new Map<string, JudgedTable>([
    ...RETAINED_TABLES.map(({ table }) => [table, { toleratedShare: LOAD_SHARE }] as const),
    ['results', { bound: RESULT_DAYS * measurementsPerDay }],
  ]);

export interface WeekOptions {
  /** Virtual days. */
  readonly days: number;
  readonly measurementsPerDay: number;
  readonly seed: number;
}

/** Fewer days do not show a trend. */
export const LEAST_DAYS = SKIPPED_DAYS + 3;

/** Runs a controller for some virtual days, and prints a report. Returns the exit code: 1 when something grows, a row outlives its retention, or a measurement was lost. */
export async function runWeek({ days, measurementsPerDay, seed }: WeekOptions): Promise<number> {
  const startedAt = performance.now();
  const say = (message: string): void => {
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    process.stderr.write(`[${String(seconds).padStart(5)} s] ${message}\n`);
  };
  const directory = mkdtempSync(join(tmpdir(), 'revtr-week-'));
  const over = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => over.abort());
  try {
    say('preparing the simulated Internet');
    const system = await startWeekSystem({ directory, seed }, pino({ level: 'error' }, pino.destination(2)));
    try {
      const { clock } = system.internet;
      const life = new Life({ system, clock, random: createRandom(seed).fork('week'), signal: over.signal });
      const people = new People(life);
      const work = new Work({ measurementsPerDay }, { life, people });
      const samples = new Samples(
        { directory, judgedTables: judgedTables(measurementsPerDay) },
        { query: system.query },
      );
      const oldestRows = new OldestRows(RETAINED_TABLES, { query: system.query });
      const lives = Promise.all([flapHosts(life), changeRouting(life), operate(life), people.run(), work.run()]);
      const beganAt = clock.now();
      for (let hour = 1; hour <= days * PER_DAY && !over.signal.aborted; hour++) {
        await life.pause(beganAt + hour * HOUR_MS - clock.now());
        const { heapMib, buffersMib, residentMib, openFiles, files, filesMib } = await samples.take();
        await oldestRows.look(clock.now());
        const [day, hours] = [Math.floor(hour / PER_DAY), hour % PER_DAY];
        const { accepted, ended } = work.counts;
        say(
          `day ${day}, ${hours} h: ${ended} of ${accepted} measurements ended, ${people.count} users; heap ${heapMib} MiB, buffers ${buffersMib} MiB, resident ${residentMib} MiB; ${openFiles} open files; ${files} files of ${filesMib} MiB`,
        );
      }
      const isWhole = !over.signal.aborted;
      over.abort();
      await lives;
      const growths = isWhole ? samples.series().map((series) => growthOf(series, PER_DAY, SKIPPED_DAYS)) : [];
      const growing = growths.filter(({ grows }) => grows);
      const { outlived } = oldestRows;
      const lost = work.counts.accepted - work.counts.ended;
      const isGood = isWhole && growing.length === 0 && outlived.length === 0 && lost === 0;
      const minutes = Math.round((performance.now() - startedAt) / 60_000);
      const report = {
        days,
        seed,
        minutes,
        isGood,
        ...work.counts,
        lost,
        growing,
        outlived,
        counts: life.counts,
        refusals: life.refusals,
        growths,
      };
      process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
      return isGood ? 0 : 1;
    } finally {
      over.abort();
      await system.stop();
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
