import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRandom, systemClock } from '@revtr/probing';
import type { ManagedProcess } from '../deployment/managed-process.ts';
import { type CheckReport, check } from './check/check.ts';
import { readHistory } from './check/history.ts';
import { readStored, type Stored } from './check/stored.ts';
import type { Fault } from './faults/fault.ts';
import { type FaultEvent, Injector } from './faults/injector.ts';
import type { Targets } from './faults/schedule.ts';
import type { OwnerSample, Scenario } from './scenarios/scenario.ts';
import { type ChaosSystem, CLIENTS, FLEET, NATS, PER_ROLE } from './system/chaos-system.ts';
import { POSTGRES } from './system/postgres-pair.ts';

/** One campaign under faults. */
export interface CampaignRun {
  readonly seed: number;
  /** Name of the scenario. Default: faults were drawn. */
  readonly scenario?: string;
  readonly measurements: number;
  /** Time over which pairs are submitted, milliseconds. */
  readonly submitForMs: number;
  readonly faults: readonly Fault[];
  /** Directory of the history. */
  readonly directory: string;
  /** What must be seen besides. Default: nothing. */
  readonly judge?: Scenario['judge'];
}

export interface RunReport extends CheckReport {
  readonly seed: number;
  readonly scenario?: string;
  readonly faults: Readonly<Record<string, number>>;
  /** Faults that could not be injected or repaired, and processes that ended although no fault had ended them. */
  readonly problems: readonly string[];
  /** Seconds from the last repair to the end of the last measurement. */
  readonly recoverySeconds: number;
  readonly seconds: number;
  /** What a scenario has measured. */
  readonly figures: Readonly<Record<string, number>>;
}

/** What clients do and are told, faults as they happened, and what the database holds at the end. */
const HISTORY_FILE = 'history.jsonl';
const FAULTS_FILE = 'faults.jsonl';
const STORED_FILE = 'stored.json';

/** After the last repair, everything must have ended in this time, milliseconds. */
const MOST_RECOVERY_MS = 600_000;
const POLL_MS = 200;
const OWNERS_MS = 500;
/** The audit of the last probes reaches the database in this time, milliseconds. */
const AUDIT_MS = 8_000;

/** What faults of a run may strike. */
export function targetsOf(system: ChaosSystem): Targets {
  const controllers = [...system.controllers.keys()];
  const numbered = (role: string): string[] => Array.from({ length: PER_ROLE }, (_, i) => `${role}${i + 1}`);
  return {
    controllers,
    others: [NATS, FLEET],
    links: [
      ...controllers.flatMap((name) => [[name, POSTGRES] as const, [name, NATS] as const]),
      ...numbered('gateway').flatMap((name) => [[name, FLEET] as const, [name, FLEET] as const]),
      ...numbered('api').flatMap((name) => [[name, CLIENTS] as const, [name, CLIENTS] as const]),
      ['pg1', 'pg2'],
    ],
  };
}

/** Runs a campaign under faults, repairs everything, waits for the end of every measurement, and checks what clients were told. */
export async function runCampaign(run: CampaignRun, system: ChaosSystem, signal: AbortSignal): Promise<RunReport> {
  const startedAt = performance.now();
  const [historyFile, faultsFile] = [HISTORY_FILE, FAULTS_FILE].map((name) => join(run.directory, name));
  const random = createRandom(run.seed);
  const pairs = system.world.randomRequests(run.measurements, `chaos ${run.seed}`);
  const settings = { seed: run.seed, pairs, submitForMs: run.submitForMs, historyFile };
  const clients = system.campaign({ ...settings, readsOnly: false });
  const events: FaultEvent[] = [];
  const injector = new Injector({
    ...{ system, clients, clock: systemClock, random: random.fork('delays') },
    onEvent: (event) => {
      events.push(event);
      appendFileSync(faultsFile, `${JSON.stringify(event)}\n`);
    },
  });
  clients.start();
  const watching = new AbortController();
  const owners = watchOwners(system, watching.signal);
  try {
    await injector.run(run.faults, signal);
    const repairedAt = performance.now();
    await ended(clients, MOST_RECOVERY_MS, signal);
    const recoverySeconds = Math.max(0, Math.round((performance.now() - repairedAt) / 1_000));
    const reader = system.campaign({ ...settings, pairs: [], readsOnly: true });
    reader.start();
    await ended(reader, MOST_RECOVERY_MS, signal);
    await systemClock.sleep(AUDIT_MS, signal);
    const stored: Stored = await readStored(system.postgres.primary);
    writeFileSync(join(run.directory, STORED_FILE), JSON.stringify(stored));
    watching.abort();
    const history = readHistory(historyFile);
    const seen = { history, faults: events, owners: await owners, sources: system.world.sources.length };
    const { problems, figures } = run.judge?.(seen) ?? { problems: [], figures: {} };
    return {
      seed: run.seed,
      ...(run.scenario !== undefined && { scenario: run.scenario }),
      faults: countKinds(events),
      figures,
      problems: [
        ...problems,
        ...events.flatMap(({ problem, phase, fault }) =>
          problem === undefined ? [] : [`${phase} ${fault.kind}: ${problem}`],
        ),
      ],
      recoverySeconds,
      seconds: Math.round((performance.now() - startedAt) / 1_000),
      ...check(history, stored),
    };
  } finally {
    watching.abort();
    await clients.kill();
  }
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

/** Waits for the end of a process, at most `mostMs`: then it is killed, and the checker finds what has not ended. */
async function ended(program: ManagedProcess, mostMs: number, signal: AbortSignal): Promise<void> {
  const until = performance.now() + mostMs;
  while (program.isRunning && performance.now() < until) await systemClock.sleep(POLL_MS, signal);
  await program.kill();
}

function countKinds(events: readonly FaultEvent[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { phase, fault, problem } of events)
    if (phase === 'begin' && problem === undefined) counts[fault.kind] = (counts[fault.kind] ?? 0) + 1;
  return counts;
}
