import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { createRandom } from '@revtr/probing';
import { KernelLabError } from '../namespaces/errors.ts';
import { FAULT_KINDS, type Fault } from './faults/fault.ts';
import { scheduleFaults } from './faults/schedule.ts';
import { type ChaosOptions, parseChaosOptions } from './options.ts';
import { type RunReport, runCampaign, targetsOf } from './run.ts';
import { type RunRecord, readRunRecord, versions, writeRunRecord } from './run-record.ts';
import { SCENARIO_NAMES } from './scenarios/names.ts';
import type { Scenario } from './scenarios/scenario.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';
import { ChaosSystem } from './system/chaos-system.ts';

const WORLD_SEED = 1;
const SOURCES = 6;
const VANTAGE_POINTS = 20;
const USERS = 4;
/** Share of the time with faults over which clients submit. */
const SUBMITTED_SHARE = 0.9;

type Campaign = RunRecord['campaigns'][number] & { readonly judge?: Scenario['judge'] };

/** The campaigns of a run: drawn from seeds, or those of an earlier run. */
function campaignsOf(options: ChaosOptions, system: ChaosSystem): Campaign[] {
  if (options.replay !== undefined) return readRunRecord(options.replay).campaigns;
  if (options.scenario !== undefined) {
    const names = options.scenario === 'all' ? SCENARIO_NAMES : [options.scenario];
    return names.map((name, i) => {
      const { faults, submitForMs, judge } = SCENARIOS[name];
      const drawn = { seed: options.seed + i, measurements: options.measurements };
      return { ...drawn, submitForMs, faults: [...faults], scenario: name, judge };
    });
  }
  const forMs = options.minutes * 60_000;
  return Array.from({ length: options.seeds }, (_, i) => {
    const seed = options.seed + i;
    const random = createRandom(seed).fork('faults');
    const faults: Fault[] = scheduleFaults(random, targetsOf(system), { forMs, everyMs: options.every * 1_000 });
    return { seed, measurements: options.measurements, submitForMs: forMs * SUBMITTED_SHARE, faults };
  });
}

async function main(options: ChaosOptions, signal: AbortSignal): Promise<number> {
  const startedAt = performance.now();
  const say = (message: string): void => {
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    process.stderr.write(`[${String(seconds).padStart(5)} s] ${message}\n`);
  };
  const directory = resolve(options.keep, `${new Date().toISOString().replace(/[:.]/g, '-')}-seed-${options.seed}`);
  mkdirSync(directory, { recursive: true });
  const undo: (() => Promise<void>)[] = [];
  const reports: RunReport[] = [];
  /** Processes that ended although nobody stopped them. */
  const deaths: string[] = [];
  try {
    const size = options.replay === undefined ? options.size : readRunRecord(options.replay).size;
    const system = await ChaosSystem.start(
      {
        ...{ prefix: options.name, size, worldSeed: WORLD_SEED, sources: SOURCES, vantagePoints: VANTAGE_POINTS },
        ...{ users: USERS, directory, onProgress: say, onDeath: (name) => void deaths.push(name) },
      },
      undo,
    );
    const campaigns = campaignsOf(options, system);
    writeRunRecord(directory, { versions: versions(), size, campaigns });
    for (const campaign of campaigns) {
      if (signal.aborted) break;
      const report = await runCampaign({ ...campaign, directory }, system, signal);
      reports.push({
        ...report,
        problems: [...report.problems, ...deaths.splice(0).map((name) => `${name} has died`)],
      });
      say(summary(reports[reports.length - 1]));
      if (report.violations.length > 0) break;
    }
  } finally {
    for (const step of undo.splice(0).reverse()) await step().catch((error: unknown) => say(String(error)));
  }
  process.stdout.write(`${JSON.stringify({ ...totals(reports), reports }, null, 2)}\n`);
  const isGood =
    reports.length > 0 && reports.every(({ violations, problems }) => violations.length + problems.length === 0);
  if (isGood) rmSync(directory, { recursive: true, force: true });
  else say(`the history is in ${directory}; npm run chaos -- --replay ${directory} repeats the run`);
  return isGood ? 0 : 1;
}

function summary({
  scenario,
  figures,
  seed,
  acceptedPairs,
  endedPairs,
  faults,
  recoverySeconds,
  violations,
  problems,
}: RunReport): string {
  const injected = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const found = [...violations.slice(0, 5).map(({ kind, subject }) => `${kind}: ${subject}`), ...problems].join('; ');
  return (
    `${scenario ?? `seed ${seed}`}: ${injected} faults, ${acceptedPairs} pairs accepted, ${endedPairs} ended so far, recovered in ${recoverySeconds} s, ` +
    `${violations.length} violations ${JSON.stringify(figures)} ${found}`
  );
}

/** Sums over all seeds. */
function totals(reports: readonly RunReport[]): object {
  const faults = Object.fromEntries(
    FAULT_KINDS.map((kind) => [kind, reports.reduce((sum, report) => sum + (report.faults[kind] ?? 0), 0)]),
  );
  const last = reports.at(-1);
  return {
    seeds: reports.length,
    faults,
    lostPairs: last?.violations.filter(({ kind }) => kind === 'lostPair' || kind === 'notEnded').length,
  };
}

const options = parseChaosOptions(process.argv.slice(2));
const stopping = new AbortController();
// A second Ctrl-C must not leave namespaces behind.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
try {
  process.exitCode = options === undefined ? 2 : await main(options, stopping.signal);
} catch (error) {
  if (stopping.signal.aborted) process.exitCode = 130;
  else if (error instanceof KernelLabError) {
    process.stderr.write(`chaos: ${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}
