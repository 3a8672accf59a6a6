import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isClientError } from '@revtr/client';
import { formatIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import type { Pair } from '../chaos/plan/batches.ts';
import { worldOf } from '../chaos/plan-run.ts';
import { untilReady } from '../cluster/servers.ts';
import { KernelLabError } from '../namespaces/errors.ts';
import type { SimulatedWorld } from '../world/simulated-world.ts';
import { type AlertsOptions, parseAlertsOptions } from './options.ts';
import { AlertWatch } from './prometheus/alert-watch.ts';
import { alertsOf, fasterRules } from './prometheus/faster-rules.ts';
import { type AlertReport, isGood, tableOf } from './report.ts';
import { type AlertSystem, startAlertSystem } from './system/alert-system.ts';
import { BusyUsers } from './system/busy-users.ts';
import { type Outcome, runTrial } from './trials/run-trial.ts';
import { LONGEST, STAGES } from './trials/stages.ts';
import type { Trial } from './trials/trial.ts';

const RULES = join(import.meta.dirname, '../../../../deploy/monitoring/alerts.yml');
const SYSTEM = { size: 'medium', worldSeed: 1, sources: 6, vantagePoints: 20, users: 1 } as const;
const PREFIX = 'alert';
/** What the users measure again and again. */
const PAIRS = 5_000;
/** The earliest time at which the system has settled, milliseconds. Measurements take long until there are atlases. */
const SETTLE_MS = 30_000;

type Say = (message: string) => void;

async function main(options: AlertsOptions, say: Say, signal: AbortSignal): Promise<number> {
  const rules = readFileSync(RULES, 'utf8');
  const world = worldOf(SYSTEM);
  const directory = resolve(options.keep, new Date().toISOString().replace(/[:.]/g, '-'));
  mkdirSync(directory, { recursive: true });
  const undo: (() => Promise<void>)[] = [];
  let report: AlertReport | undefined;
  try {
    const place = { prefix: PREFIX, directory, rules: fasterRules(rules), onProgress: say };
    const system = await startAlertSystem({ ...place, system: SYSTEM }, { world }, undo);
    report = await runAll(options, { system, world, say }, signal);
  } finally {
    for (const step of undo.reverse()) await step().catch((error: unknown) => say(String(error)));
  }
  const known = new Set(report.outcomes.map(({ alert }) => alert));
  const forgotten = options.only.length > 0 ? [] : alertsOf(rules).filter((name) => !known.has(name));
  const whole = { ...report, forgotten };
  process.stdout.write(tableOf(whole));
  if (isGood(whole)) rmSync(directory, { recursive: true, force: true });
  else say(`the logs are in ${directory}`);
  return isGood(whole) ? 0 : 1;
}

interface Parts {
  readonly system: AlertSystem;
  readonly world: SimulatedWorld;
  readonly say: Say;
}

async function runAll(
  options: AlertsOptions,
  { system, world, say }: Parts,
  signal: AbortSignal,
): Promise<AlertReport> {
  const over = new AbortController();
  const watch = new AlertWatch({
    prometheus: system.prometheus,
    clock: systemClock,
    onUnexpected: (alert) => say(`unexpected: ${alert}`),
  });
  const until = AbortSignal.any([signal, over.signal]);
  const users = usersOf(system, world).run(until);
  const isWanted = ({ alerts }: Trial): boolean =>
    options.only.length === 0 || alerts.some((alert) => options.only.includes(alert));
  const run = async (trial: Trial): Promise<Outcome[]> => {
    if (!isWanted(trial)) return [];
    const outcomes = await runTrial(trial, { system, watch }, signal).catch((error: unknown) => {
      if (!(error instanceof KernelLabError || isClientError(error)) || signal.aborted) throw error;
      say(`${trial.fault} ${error.message}`);
      const missed = { fault: trial.fault, firedAfter: undefined, resolvedAfter: undefined };
      return trial.alerts.map((alert): Outcome => ({ alert, ...missed }));
    });
    for (const { alert, firedAfter, resolvedAfter } of outcomes)
      say(`${alert} fired after ${firedAfter ?? '–'} s and was resolved after ${resolvedAfter ?? '–'} s`);
    return outcomes;
  };
  try {
    await systemClock.sleep(SETTLE_MS, signal);
    // An alert that is about to fire would do so during the first faults, which do not explain it.
    const isCalm = (): Promise<boolean> =>
      system.prometheus.active().then(
        (alerts) => alerts.every(({ name }) => LONGEST.alerts.includes(name)),
        () => false,
      );
    await untilReady('the system without alerts', isCalm, signal);
    // Its fault begins with the system, whether its alert is wanted or not.
    if (!isWanted(LONGEST)) watch.expect(LONGEST.alerts);
    const watching = watch.run(until);
    const outcomes: Outcome[] = [];
    const longest = run(LONGEST);
    // It is awaited when the stages are over.
    longest.catch(() => undefined);
    for (const stage of STAGES) {
      const chains = stage.map(async (trials) => {
        for (const trial of trials) outcomes.push(...(await run(trial)));
      });
      await Promise.all(chains);
    }
    outcomes.push(...(await longest));
    over.abort();
    await Promise.all([watching, users]);
    return { outcomes, unexpected: watch.unexpected, forgotten: [] };
  } finally {
    over.abort();
  }
}

function usersOf({ chaos }: AlertSystem, world: SimulatedWorld): BusyUsers {
  const pairs: readonly Pair[] = world.randomRequests(PAIRS, 'alerts');
  let next = 0;
  const nextPair = (): Pair => pairs[next++ % pairs.length];
  const senders = world.sources.map(({ address }) => formatIpv4(address));
  return new BusyUsers({ apis: chaos.apis, key: chaos.userKeys[0], senders }, { nextPair, clock: systemClock });
}

const startedAt = performance.now();
const say: Say = (message) => {
  const seconds = Math.round((performance.now() - startedAt) / 1_000);
  process.stderr.write(`[${String(seconds).padStart(5)} s] ${message}\n`);
};
const stopping = new AbortController();
// A second Ctrl-C must not leave namespaces behind.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => stopping.abort());
try {
  process.exitCode = await main(parseAlertsOptions(process.argv.slice(2)), say, stopping.signal);
} catch (error) {
  if (stopping.signal.aborted) process.exitCode = 130;
  else if (error instanceof KernelLabError) {
    process.stderr.write(`alerts: ${error.message}\n`);
    process.exitCode = 1;
  } else throw error;
}
