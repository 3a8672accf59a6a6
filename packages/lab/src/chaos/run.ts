import { appendFileSync, writeFileSync } from 'node:fs';
import { createRandom, systemClock } from '@revtr/probing';
import type { ManagedProcess, ProgramEnd } from '../deployment/managed-process.ts';
import { readHistory } from './check/history.ts';
import { readStored } from './check/stored.ts';
import { type CheckedRun, checkRun } from './check-run.ts';
import { type FaultEvent, problemsOf } from './faults/fault-event.ts';
import { Injector } from './faults/injector.ts';
import { RUN_FILES, runFile } from './files/run-files.ts';
import type { RunRecord } from './plan/run-record.ts';
import type { ScenarioName } from './plan/scenario-names.ts';
import type { OwnerSample } from './scenarios/scenario.ts';
import { SCENARIOS } from './scenarios/scenarios.ts';
import type { ChaosSystem } from './system/chaos-system.ts';
import { AGENTS } from './system/names.ts';
import { notWorking } from './system/not-working.ts';

export interface RunReport extends CheckedRun {
  readonly seed: number;
  readonly scenario?: ScenarioName;
  /** Faults that could not be injected or repaired, and processes that ended although no fault had ended them. */
  readonly problems: readonly string[];
  /** Seconds from the last repair to the end of the last measurement. */
  readonly recoverySeconds: number;
  readonly seconds: number;
  /** Audited probes of each agent program by the name of its host. The agents of the other hosts are in one process. */
  readonly agentProbes: Readonly<Record<string, number>>;
  /** What a scenario has measured. */
  readonly figures: Readonly<Record<string, number>>;
}

/** After the last repair, everything must have ended in this time, milliseconds. */
const MOST_RECOVERY_MS = 600_000;
const POLL_MS = 200;
const OWNERS_MS = 500;
/** The audit of the last probes reaches the database in this time, milliseconds. */
const AUDIT_MS = 8_000;

/**
 * Runs a campaign under faults, repairs everything, waits for the end of every measurement, and checks what clients were told.
 * @param directory the directory of the run, which has the record
 */
export async function runCampaign(
  record: RunRecord,
  directory: string,
  system: ChaosSystem,
  signal: AbortSignal,
): Promise<RunReport> {
  const { seed, scenario, faults, restrictions } = record;
  const startedAt = performance.now();
  const problems: string[] = [];
  const programOf = (name: string, readsOnly: boolean): ManagedProcess =>
    system.campaign({ readsOnly, directory }, ({ exitCode, signal: by }: ProgramEnd) => {
      if (exitCode !== 0) problems.push(`${name} ended with ${by ?? `exit code ${exitCode}`}`);
    });
  const clients = programOf('the clients', false);
  const events: FaultEvent[] = [];
  const injector = new Injector({
    ...{ system, clients, clock: systemClock, random: createRandom(seed).fork('delays') },
    onEvent: (event) => {
      events.push(event);
      appendFileSync(runFile(directory, RUN_FILES.faults), `${JSON.stringify(event)}\n`);
    },
  });
  clients.start();
  const watching = new AbortController();
  const owners = watchOwners(system, watching.signal);
  const finish = async (name: string, program: ManagedProcess): Promise<void> => {
    const hasEnded = await ended(program, MOST_RECOVERY_MS, signal);
    if (!hasEnded) problems.push(`${name} had not ended after ${MOST_RECOVERY_MS / 1_000} s`);
  };
  try {
    await injector.run(faults, signal);
    const repairedAt = performance.now();
    await finish('the clients', clients);
    const recoverySeconds = Math.max(0, Math.round((performance.now() - repairedAt) / 1_000));
    const reader = programOf('the last reader', true);
    reader.start();
    await finish('the last reader', reader);
    for (const name of await notWorking(system))
      problems.push(`${name} does not work although all faults are repaired`);
    await systemClock.sleep(AUDIT_MS, signal);
    const stored = await readStored(system.postgres.primary, restrictions);
    writeFileSync(runFile(directory, RUN_FILES.stored), JSON.stringify(stored));
    watching.abort();
    const history = readHistory(runFile(directory, RUN_FILES.history));
    const seen = { history, faults: events, owners: await owners, sources: system.world.sources.length };
    const judged = scenario === undefined ? { problems: [], figures: {} } : SCENARIOS[scenario].judge(seen);
    return {
      seed,
      ...(scenario !== undefined && { scenario }),
      agentProbes: Object.fromEntries(
        AGENTS.map((name) => {
          const addresses = new Set(system.network.addressesOf(name));
          return [name, stored.senders.find(({ address }) => addresses.has(address))?.probes ?? 0];
        }),
      ),
      figures: judged.figures,
      problems: [...judged.problems, ...problems, ...problemsOf(events)],
      recoverySeconds,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
      ...checkRun(record, events, { history, stored }),
    };
  } finally {
    watching.abort();
    await clients.kill();
  }
}

/** Keeps the report of a run beside its record. */
export function writeReport(directory: string, report: RunReport): void {
  writeFileSync(runFile(directory, RUN_FILES.report), JSON.stringify(report, null, 2));
}

/** Looks into the database twice a second who owns the sources. */
async function watchOwners({ postgres }: ChaosSystem, signal: AbortSignal): Promise<OwnerSample[]> {
  const samples: OwnerSample[] = [];
  const sql = `select count(*), coalesce(string_agg(distinct owner, ' '), '') from leases where name like 'source/%' and until > clock_timestamp()`;
  while (!signal.aborted) {
    const at = Date.now();
    const [row = ''] = await postgres.primary.query(sql).catch(() => []);
    const [sources, owners = ''] = row.split('|');
    if (row !== '') samples.push({ at, sources: Number(sources), owners: owners.split(' ') });
    await systemClock.sleep(OWNERS_MS, signal).catch(() => undefined);
  }
  return samples;
}

/** Waits for the end of a process, and kills it after `mostMs`: then the checker finds what has not ended. Returns whether it ended in time. */
async function ended(program: ManagedProcess, mostMs: number, signal: AbortSignal): Promise<boolean> {
  const until = performance.now() + mostMs;
  while (program.isRunning && performance.now() < until) await systemClock.sleep(POLL_MS, signal);
  const hasEnded = !program.isRunning;
  await program.kill();
  return hasEnded;
}
