import { mkdirSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { KernelLabError } from '../namespaces/errors.ts';
import type { SimulatedWorld } from '../world/simulated-world.ts';
import { untriedKinds } from './check/check-restrictions.ts';
import { ChaosError } from './files/errors.ts';
import { type ChaosOptions, parseChaosOptions } from './options.ts';
import { FAULT_KINDS } from './plan/fault.ts';
import { type RunRecord, readRunRecord, writeRunRecord } from './plan/run-record.ts';
import { SCENARIO_NAMES } from './plan/scenario-names.ts';
import { planRun, worldOf } from './plan-run.ts';
import { programVersions } from './programs.ts';
import { type RunReport, runCampaign, writeReport } from './run.ts';
import { ChaosSystem } from './system/chaos-system.ts';

const SYSTEM = { worldSeed: 1, sources: 6, vantagePoints: 20, users: 4 };

type Say = (message: string) => void;

/** The runs to do, each as a function, because the record of a large one takes much memory. */
function runsOf(options: ChaosOptions): { readonly system: RunRecord['system']; readonly plans: Plan[] } {
  const { replay, scenario, seed, seeds, measurements, minutes, every, size } = options;
  if (replay !== undefined) {
    const record = readRunRecord(replay);
    return { system: record.system, plans: [() => ({ ...record, programs: programVersions() })] };
  }
  const system = { ...SYSTEM, size };
  const drawn = { measurements, faultsForMs: minutes * 60_000, everyMs: every * 1_000, system };
  const scenarios = scenario === 'all' ? SCENARIO_NAMES : [scenario];
  const plans = scenarios.flatMap((name, i) =>
    Array.from(
      { length: seeds },
      (_, j): Plan =>
        (world) =>
          planRun({ ...drawn, seed: seed + i + j, scenario: name, programs: programVersions() }, world),
    ),
  );
  return { system, plans };
}
type Plan = (world: SimulatedWorld) => RunRecord;

async function main(options: ChaosOptions, signal: AbortSignal): Promise<number> {
  const startedAt = performance.now();
  const say: Say = (message) => {
    const seconds = Math.round((performance.now() - startedAt) / 1_000);
    process.stderr.write(`[${String(seconds).padStart(5)} s] ${message}\n`);
  };
  const { system, plans } = runsOf(options);
  const world = worldOf(system);
  const reports: RunReport[] = [];
  /** Runs that have no report, because the system did not start or could not be read. */
  const failures: string[] = [];
  for (const plan of plans) {
    if (signal.aborted) break;
    const record = plan(world);
    const directory = resolve(options.keep, `${new Date().toISOString().replace(/[:.]/g, '-')}-${nameOf(record)}`);
    mkdirSync(directory, { recursive: true });
    writeRunRecord(directory, record);
    const report = await runOnce(record, { prefix: options.name, directory, world, say }, signal).catch(
      (error: unknown) => {
        if (!(error instanceof KernelLabError)) throw error;
        failures.push(`${nameOf(record)}: ${error.message}`);
        say(`${nameOf(record)}: ${error.message}`);
      },
    );
    if (report !== undefined) {
      reports.push(report);
      say(summary(report));
    }
    if (report !== undefined && isGood(report)) rmSync(directory, { recursive: true, force: true });
    else say(`the run is kept; npm run chaos -- --replay ${directory} repeats it`);
  }
  const untried = untriedKinds(reports.flatMap(({ restrictions }) => restrictions));
  process.stdout.write(`${JSON.stringify({ ...totals(reports), untried, failures, reports }, null, 2)}\n`);
  if (untried.length > 0) say(`nothing is shown about ${untried.join(', ')}: no probe of this kind had left before`);
  return reports.length > 0 && failures.length === 0 && reports.every(isGood) && untried.length === 0 ? 0 : 1;
}

interface Place {
  readonly prefix: string;
  readonly directory: string;
  readonly world: SimulatedWorld;
  readonly say: Say;
}

/** Starts a system, runs a campaign on it, and removes it. @throws {KernelLabError} */
async function runOnce(record: RunRecord, place: Place, signal: AbortSignal): Promise<RunReport> {
  const { prefix, directory, world, say } = place;
  const undo: (() => Promise<void>)[] = [];
  /** Processes that ended although nobody stopped them. */
  const deaths: string[] = [];
  const onDeath = (name: string): void => void deaths.push(name);
  try {
    const system = await ChaosSystem.start(
      { ...record.system, prefix, directory, onProgress: say, onDeath },
      { world },
      undo,
    );
    const report = await runCampaign(record, directory, system, signal);
    const whole = { ...report, problems: [...report.problems, ...deaths.map((name) => `${name} has died`)] };
    writeReport(directory, whole);
    return whole;
  } finally {
    for (const step of undo.reverse()) await step().catch((error: unknown) => say(String(error)));
  }
}

const isGood = ({ violations, problems }: RunReport): boolean => violations.length + problems.length === 0;

const nameOf = ({ seed, scenario }: Pick<RunRecord, 'seed' | 'scenario'>): string =>
  scenario === undefined ? `seed-${seed}` : `${scenario}-${seed}`;

function summary(report: RunReport): string {
  const {
    figures,
    restrictions,
    reachedShare,
    plannedPairs,
    acceptedPairs,
    endedPairs,
    faults,
    recoverySeconds,
    violations,
    problems,
  } = report;
  const untried = untriedKinds(restrictions);
  const injected = Object.values(faults).reduce((sum, count) => sum + count, 0);
  const found = [...violations.slice(0, 5).map(({ kind, subject }) => `${kind}: ${subject};`), ...problems];
  const shown = Object.keys(figures).length === 0 ? [] : [JSON.stringify(figures)];
  return (
    `${nameOf(report)}: ${injected} faults, ${plannedPairs} pairs, ${acceptedPairs} accepted, ${endedPairs} ended ` +
    `(${JSON.stringify(report.stopReasons)}), ${Math.round(reachedShare * 100)} % of those that nobody stopped reached their source, ` +
    `${sumOf(restrictions, ({ probesBefore }) => probesBefore)} probes before and ${sumOf(restrictions, ({ probesTooLate }) => probesTooLate)} ` +
    `too late after an operator forbade them${untried.length === 0 ? '' : ` (nothing about ${untried.join(', ')})`}, ` +
    `recovered in ${recoverySeconds} s, ${report.seconds} s in total, ` +
    [`${violations.length} violations`, ...shown, ...found].join(' ')
  );
}

const sumOf = <T>(items: readonly T[], count: (item: T) => number): number =>
  items.reduce((total, item) => total + count(item), 0);

/** How many pairs ended in which way. */
function countEnds(reports: readonly RunReport[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { stopReasons } of reports)
    for (const [reason, count] of Object.entries(stopReasons)) sums[reason] = (sums[reason] ?? 0) + count;
  return sums;
}

/** Violations that mean that a pair is lost. */
const LOSSES: ReadonlySet<string> = new Set(['unanswered', 'leftOut', 'lostBatch', 'lostPair', 'notEnded']);

/** Sums over all runs. */
function totals(reports: readonly RunReport[]): object {
  const sum = (count: (report: RunReport) => number): number => sumOf(reports, count);
  return {
    runs: reports.length,
    faults: Object.fromEntries(FAULT_KINDS.map((kind) => [kind, sum(({ faults }) => faults[kind] ?? 0)])),
    acceptedPairs: sum(({ acceptedPairs }) => acceptedPairs),
    endedPairs: sum(({ endedPairs }) => endedPairs),
    stopReasons: countEnds(reports),
    losses: sum(({ violations }) => violations.filter(({ kind }) => LOSSES.has(kind)).length),
    violations: sum(({ violations }) => violations.length),
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
  else if (error instanceof ChaosError) {
    process.stderr.write(`chaos: ${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}
