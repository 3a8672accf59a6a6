import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@revtr/probing';
import { VirtualClock } from '@revtr/sim';
import { describe, expect, it } from 'vitest';
import { coarseClock } from '../src/soak/week/coarse-clock.ts';
import { type Growth, growthOf } from '../src/soak/week/growth.ts';
import { OldestRows } from '../src/soak/week/outlived.ts';
import { PacedTime } from '../src/soak/week/paced-time.ts';
import { Samples } from '../src/soak/week/samples.ts';
import type { Query } from '../src/soak/week/table-values.ts';

/** Values of `days` days of 24 samples each. */
const valuesOf = (days: number, value: (day: number, hour: number) => number): number[] =>
  Array.from({ length: days * 24 }, (_, i) => value(Math.floor(i / 24), i % 24));

describe('growth over days', () => {
  const judge = (values: readonly number[], tolerated = 5) => growthOf({ name: 'rows', values, tolerated }, 24, 3);

  it('finds a leak that is small beside the changes of a day', () => {
    const leak = judge(valuesOf(8, (day, hour) => 1_000 + 300 * Math.sin(hour) + 60 * day));
    expect(leak).toMatchObject({ grown: 240, grows: true });
  });

  it('accepts what fills up at first, what falls, and what is deleted once a day', () => {
    expect(judge(valuesOf(8, (day) => Math.min(day, 2) * 500)).grows).toBe(false);
    expect(judge(valuesOf(8, (day) => 1_000 - day)).grows).toBe(false);
    expect(judge(valuesOf(8, (_, hour) => 1_000 + 100 * hour)).grows).toBe(false);
  });

  it('accepts one day that differs, and growth that is tolerated', () => {
    expect(judge(valuesOf(8, (day) => (day === 6 ? 5_000 : 100))).grows).toBe(false);
    expect(
      judge(
        valuesOf(8, (day) => day),
        5,
      ).grows,
    ).toBe(false);
    expect(
      judge(
        valuesOf(8, (day) => 2 * day),
        5,
      ).grows,
    ).toBe(true);
  });

  it('lets values come nearer to a bound that is known, but not exceed it, nor so fast that they soon would', () => {
    const within = (bound: number, perDay: number) => {
      const values = valuesOf(8, (day) => 100 + perDay * day);
      return growthOf({ name: 'rows', values, tolerated: 5, bound }, 24, 3).grows;
    };
    expect(within(500, 20)).toBe(false);
    expect(within(300, 20)).toBe(true);
    expect(within(200, 20)).toBe(true);
    expect(within(99, 0)).toBe(true);
  });

  it('refuses too few days', () => {
    expect(() => judge(valuesOf(5, () => 1))).toThrow(RangeError);
  });
});

describe('retention of tables', () => {
  const DAY_MS = 86_400_000;
  const KEPT = { table: 'kept', column: 'at', days: 1 };
  const LEAKING = { table: 'leaking', column: 'at', days: 1 };

  it('finds one row that outlives it among any number of others, and no row that is deleted in time', async () => {
    let now = 0;
    const oldest = (table: string): Date | null => {
      if (table === 'leaking') return new Date(DAY_MS);
      return now < DAY_MS ? null : new Date(now - DAY_MS - 3_600_000);
    };
    const query = async (statement: string) => [{ oldest: oldest(/from "(\w+)"/.exec(statement)?.[1] ?? '') }];
    const rows = new OldestRows([KEPT, LEAKING], { query });
    for (; now <= 2 * DAY_MS; now += 3_600_000) await rows.look(now);
    expect(rows.outlived).toEqual([]);
    now += 2 * 3_600_000;
    await rows.look(now);
    expect(rows.outlived).toEqual([{ table: 'leaking', hours: 27, kept: 24 }]);
  });
});

describe('samples', () => {
  const SIZES = [
    { name: 'atlas_tails', bytes: 8_192 },
    { name: 'results', bytes: 16_384 },
  ];
  /** A database with 10 results, and as many pings for each of 5 hops as `pings` says. */
  const databaseWith =
    (pings: () => number): Query =>
    async (statement) => {
      if (statement.includes('pg_inherits')) return SIZES;
      if (statement.includes('pg_catalog')) return [];
      if (statement.includes('jsonb_array_elements_text')) return [{ rows: 5 }];
      return [{ rows: statement.includes('"results"') ? 10 : 5 * pings() }];
    };
  /** The growth of each series over four days of two samples each, of which the first one does not count. */
  const growthsOf = async (query: Query, beforeSample: () => void): Promise<ReadonlyMap<string, Growth>> => {
    const directory = mkdtempSync(join(tmpdir(), 'revtr-samples-'));
    try {
      const samples = new Samples({ directory, judgedTables: new Map([['results', { bound: 20 }]]) }, { query });
      for (let i = 0; i < 8; i++) {
        beforeSample();
        await samples.take();
      }
      return new Map(samples.series().map((series) => [series.name, growthOf(series, 2, 1)]));
    } finally {
      rmSync(directory, { recursive: true });
    }
  };

  it('show a leak on the heap, and no growth without one', async () => {
    const leaked: unknown[] = [];
    const leak = (): void => void leaked.push(Array.from({ length: 100_000 }, (_, i) => ({ i })));
    const query = databaseWith(() => 1);
    expect((await growthsOf(query, leak)).get('heap, MiB')).toMatchObject({ grows: true });
    expect(leaked).toHaveLength(8);
    expect((await growthsOf(query, () => undefined)).get('heap, MiB')).toMatchObject({ grows: false });
  });

  it('count the pings of atlases by the hops that they belong to, and other rows by themselves', async () => {
    let pings = 2;
    const flat = await growthsOf(
      databaseWith(() => pings),
      () => undefined,
    );
    expect(flat.get('rows of results')).toMatchObject({ first: 10, last: 10, grows: false });
    expect(flat.get('rows of atlas_tails for each hop of an atlas')).toMatchObject({ last: 2, grows: false });
    const leaking = await growthsOf(
      databaseWith(() => pings),
      () => {
        pings += 0.3;
      },
    );
    expect(leaking.get('rows of atlas_tails for each hop of an atlas')).toMatchObject({ grows: true });
  });
});

describe('virtual time of a system with a real database', () => {
  /** Resolves when the clock has had time to run events. */
  const turns = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  };

  it('stands still during statements, passes in real time during requests, and otherwise jumps', async () => {
    const clock = new VirtualClock({ startMs: 0 });
    const time = new PacedTime({ clock });
    const over = new AbortController();
    const driving = clock.runUntil(over.signal);
    let woken = 0;
    const sleeper = (async () => {
      for (; !over.signal.aborted; woken++) await clock.sleep(3_600_000, over.signal).catch(() => undefined);
    })();
    await turns();
    expect(woken).toBeGreaterThan(2);

    const statement = Promise.withResolvers<void>();
    time.holdFor(statement.promise);
    const held = clock.now();
    await turns();
    expect(clock.now()).toBe(held);

    const request = Promise.withResolvers<void>();
    const answered = time.during(() => request.promise);
    await turns();
    expect(clock.now()).toBe(held);
    statement.resolve();
    await turns();
    await systemClock.sleep(20);
    const passed = clock.now() - held;
    expect(passed).toBeGreaterThan(0);
    expect(passed).toBeLessThan(3_600_000);

    request.resolve();
    await answered;
    await turns();
    expect(clock.now() - held).toBeGreaterThan(3_600_000);
    over.abort();
    await Promise.all([sleeper, driving]);
  });

  it('lets the pauses of a controller end together', async () => {
    const clock = new VirtualClock({ startMs: 500 });
    const coarse = coarseClock({ stepMs: 60_000 }, clock);
    const ends = await clock.drive(
      Promise.all([999, 1_000, 59_500, 59_501].map((ms) => coarse.sleep(ms).then(() => clock.now()))),
    );
    expect(ends).toEqual([1_499, 60_000, 60_000, 120_000]);
  });
});
