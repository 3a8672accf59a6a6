import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseIpv4, parsePrefix, prefixContains } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkKept } from '../src/chaos/check-kept.ts';
import { ChaosError } from '../src/chaos/files/errors.ts';
import { RUN_FILES, runFile } from '../src/chaos/files/run-files.ts';
import { FAULT_KINDS } from '../src/chaos/plan/fault.ts';
import { type RunRecord, readRunRecord, writeRunRecord } from '../src/chaos/plan/run-record.ts';
import { type PlanRunOptions, planRun, worldOf } from '../src/chaos/plan-run.ts';
import { SCENARIOS } from '../src/chaos/scenarios/scenarios.ts';
import { goodRun, type Run } from './chaos-run.ts';

const SYSTEM = { size: 'small', worldSeed: 1, sources: 6, vantagePoints: 20, users: 4 } as const;
const MINUTES = 10;

describe('a run that is kept', () => {
  const world = worldOf(SYSTEM);
  const plan = (seed: number, options: Partial<PlanRunOptions> = {}): RunRecord =>
    planRun(
      {
        ...{ seed, measurements: 20_000, faultsForMs: MINUTES * 60_000, everyMs: 3_000, system: SYSTEM },
        ...{ programs: { node: 'v24.0.0' }, ...options },
      },
      world,
    );
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-chaos-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  it('has a record from which the same batches and the same faults follow, at the same times', () => {
    const planned = plan(1);
    writeRunRecord(directory, planned);
    expect(readRunRecord(directory)).toEqual(planned);
    expect(readRunRecord(runFile(directory, RUN_FILES.record))).toEqual(planned);
    expect(plan(1)).toEqual(planned);
    expect(plan(2)).not.toMatchObject({ faults: planned.faults });
    expect(plan(2)).not.toMatchObject({ batches: planned.batches });
  });

  it('submits every pair once within nine tenths of the time with faults, and strikes with every kind of fault', () => {
    const { batches, faults } = plan(3);
    expect(batches.flatMap(({ pairs }) => pairs)).toEqual(world.randomRequests(20_000, 'chaos 3'));
    expect(new Set(batches.map(({ key }) => key)).size).toBe(batches.length);
    expect(Math.max(...batches.map(({ atMs }) => atMs))).toBeLessThan(0.9 * MINUTES * 60_000);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(FAULT_KINDS));
  });

  it('names its scenario, whose promise is judged again when it is replayed', () => {
    const planned = plan(4, { scenario: 'busAway', measurements: 10 });
    writeRunRecord(directory, planned);
    const { scenario, faults } = readRunRecord(directory);
    expect(scenario).toBe('busAway');
    expect(faults).toEqual(SCENARIOS.busAway.faults);
  });

  it('is refused when its record is missing, cut short, of another format, or names an unknown fault', () => {
    const planned = plan(5, { measurements: 10 });
    const file = runFile(directory, RUN_FILES.record);
    const text = JSON.stringify(planned);
    const broken = [
      text.slice(0, -10),
      JSON.stringify({ ...planned, format: 4 }),
      JSON.stringify({ ...planned, faults: [{ kind: 'earthquake', atMs: 0, forMs: 0 }] }),
    ];
    for (const content of broken) {
      writeFileSync(file, content);
      expect(() => readRunRecord(directory)).toThrow(ChaosError);
    }
    expect(() => readRunRecord(join(directory, 'missing'))).toThrow(ChaosError);
  });

  it('is read when it has format 1, which had no restrictions, or 2, whose restrictions did not wait', () => {
    const { restrictions, ...planned } = plan(5, { measurements: 10 });
    writeFileSync(runFile(directory, RUN_FILES.record), JSON.stringify({ ...planned, format: 1 }));
    expect(readRunRecord(directory)).toEqual({ ...planned, format: 1, restrictions: [] });
    const former = { ...planned, format: 2, restrictions: restrictions.map(({ waitForProbeMs: _, ...more }) => more) };
    writeFileSync(runFile(directory, RUN_FILES.record), JSON.stringify(former));
    expect(readRunRecord(directory)).toEqual(former);
  });

  it('waits for a probe of the vantage point that it stops, and for a spoofed one, until a minute after all probes are allowed again', () => {
    const { restrictions } = plan(8, { faultsForMs: 60_000 });
    const probing = restrictions.find(({ kind }) => kind === 'probing');
    const allowedAgainMs = (probing?.atMs ?? 0) + (probing?.liftAfterMs ?? 0);
    const waiting = restrictions.filter(({ waitForProbeMs }) => waitForProbeMs !== undefined);
    expect(waiting.map(({ kind }) => kind)).toEqual(['vantagePoint', 'spoofing']);
    for (const { atMs, waitForProbeMs = 0 } of waiting)
      expect(atMs + waitForProbeMs).toBeGreaterThanOrEqual(allowedAgainMs + 60_000);
  });

  it('forbids probes to networks of destinations in which no host of the system is', () => {
    const { restrictions, batches } = plan(7);
    expect(plan(7).restrictions).toEqual(restrictions);
    expect(restrictions.map(({ kind }) => kind)).toEqual([
      ...['optOut', 'target', 'optOut', 'target', 'vantagePoint', 'spoofing', 'probing'],
    ]);
    const destinations = batches.flatMap(({ pairs }) => pairs.map(({ dst }) => parseIpv4(dst)));
    const hosts = [
      ...world.sources.map(({ address }) => address),
      ...world.vantagePoints.slice(0, SYSTEM.vantagePoints),
    ];
    for (const { kind, subject } of restrictions) {
      if (kind !== 'optOut' && kind !== 'target') continue;
      const inside = (address: number): boolean => prefixContains(parsePrefix(subject), address);
      expect(destinations.filter(inside).length).toBeGreaterThan(100);
      expect(hosts.filter(inside)).toEqual([]);
    }
  });

  const keep = ({ planned, restrictions, history, stored }: Run): void => {
    const lines = history.map((event) => `${JSON.stringify(event)}\n`).join('');
    writeRunRecord(directory, { ...plan(6, { measurements: 1 }), batches: planned, restrictions });
    writeFileSync(runFile(directory, RUN_FILES.history), lines);
    writeFileSync(runFile(directory, RUN_FILES.stored), JSON.stringify(stored));
    const fault = { kind: 'postgresFailover', atMs: 10, forMs: 20 };
    const steps = [
      { at: 10, phase: 'begin', fault },
      { at: 30, phase: 'end', fault, problem: 'the replica did not become ready in time' },
    ];
    writeFileSync(runFile(directory, RUN_FILES.faults), steps.map((step) => `${JSON.stringify(step)}\n`).join(''));
  };
  const violationsAfter = (change: (run: Run) => void): string[] => {
    const run = goodRun();
    change(run);
    keep(run);
    return checkKept(directory).violations.map(({ kind, subject }) => `${kind}: ${subject}`);
  };

  it('is checked again from its files: a pair that never ended, two ends, an orphan, and a probe without a measurement', () => {
    expect(violationsAfter(() => undefined)).toEqual([]);
    expect(
      violationsAfter(({ stored }) => {
        stored.measurements[1] = { ...stored.measurements[1], state: 'queued', stopReason: null, endings: 0 };
      }),
    ).toContain('notEnded: measurement 2');
    expect(
      violationsAfter(({ stored }) => {
        stored.measurements[2].endings = 2;
      }),
    ).toEqual(['endedTwice: measurement 3']);
    expect(
      violationsAfter(
        ({ stored }) => void stored.measurements.push({ ...stored.measurements[0], id: 8, batchId: null }),
      ),
    ).toEqual(['orphan: measurement 8']);
    expect(
      violationsAfter(
        ({ stored }) => void stored.audited.push({ cause: 'measurement', causeId: 9, batchId: 2, probes: 3 }),
      ),
    ).toEqual(['strangeProbe: measurement 9 of batch 2']);
  });

  it('is checked with its faults: a fault that could not be repaired is a problem', () => {
    keep(goodRun());
    const { faults, problems } = checkKept(directory);
    expect(faults).toEqual({ postgresFailover: 1 });
    expect(problems).toEqual(['end postgresFailover: the replica did not become ready in time']);
  });
});
