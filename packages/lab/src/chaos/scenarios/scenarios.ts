import type { Fault, FaultKind } from '../plan/fault.ts';
import type { ScenarioName } from '../plan/scenario-names.ts';
import { namesOf } from '../system/names.ts';
import { TARGETS } from '../system/targets.ts';
import type { Observations, Scenario } from './scenario.ts';

const BEGIN_MS = 15_000;
const MINUTE_MS = 60_000;
/** Another engine owns the sources of one that died in this time, milliseconds. */
const MOST_TAKEOVER_MS = 10_000;
/** A clock that is wrong by so much: ten times longer than grants hold, milliseconds. */
const JUMP_MS = 300_000;
const JUMP_STEP_MS = 2_000;
const JUMP_FOR_MS = 45_000;
/** From the first jump in one direction to the first one in the other, milliseconds. */
const JUMP_TURN_MS = 75_000;
/** Longer than anything waits in the queue, milliseconds. */
const EXPIRED_MS = 7 * 86_400_000;
const nothing = (): ReturnType<Scenario['judge']> => ({ problems: [], figures: {} });

/** Begin and end of the first fault of a kind, milliseconds since the Unix epoch. */
function timesOf({ faults }: Observations, kind: FaultKind): { readonly begin: number; readonly end: number } {
  const at = (phase: 'begin' | 'end'): number =>
    faults.find((event) => event.phase === phase && event.fault.kind === kind)?.at ?? 0;
  return { begin: at('begin'), end: at('end') };
}

/** Time from the death of an engine until one engine owns all sources. */
function judgeTakeover(seen: Observations): ReturnType<Scenario['judge']> {
  const { begin } = timesOf(seen, 'kill');
  const whole = seen.owners.find(
    ({ at, sources, owners }) => at > begin && sources === seen.sources && owners.length === 1,
  );
  const takeoverMs = whole === undefined ? Number.POSITIVE_INFINITY : whole.at - begin;
  const problem = `the sources of the dead engine had no owner for ${takeoverMs} ms, more than ${MOST_TAKEOVER_MS}`;
  return { problems: takeoverMs > MOST_TAKEOVER_MS ? [problem] : [], figures: { takeoverMs } };
}

/** Every API said during the outage that a part is away, and later that nothing is. */
const judgeReadiness =
  (kind: FaultKind, part: string, status: number) =>
  (seen: Observations): ReturnType<Scenario['judge']> => {
    const { begin, end } = timesOf(seen, kind);
    const problems: string[] = [];
    let noticedMs = 0;
    const answers = seen.history.filter((event) => event.type === 'readiness');
    for (const [api, changes] of Map.groupBy(answers, (answer) => answer.api)) {
      const noticed = changes.find((change) => change.at > begin && change.at < end && change.failed.includes(part));
      if (noticed === undefined || noticed.status !== status)
        problems.push(`${api} did not say with status ${status} that the part ${part} is away`);
      noticedMs = Math.max(noticedMs, (noticed?.at ?? end) - begin);
      const last = changes.at(-1);
      if (last === undefined || last.status !== 200 || last.failed.length > 0)
        problems.push(`${api} was not ready at the end`);
    }
    return { problems, figures: { noticedMs } };
  };

const cut = (one: string, other: string, atMs = BEGIN_MS): Fault => ({
  kind: 'cut',
  atMs,
  forMs: MINUTE_MS,
  one,
  other,
});

export const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  /** An engine dies for a minute. */
  engineDies: {
    faults: [{ kind: 'kill', atMs: BEGIN_MS, forMs: MINUTE_MS, process: 'engine1' }],
    submitForMs: MINUTE_MS,
    judge: judgeTakeover,
  },
  /** PostgreSQL does not answer for a minute. */
  databaseAway: {
    faults: [{ kind: 'postgresStop', atMs: BEGIN_MS, forMs: MINUTE_MS }],
    submitForMs: MINUTE_MS,
    judge: judgeReadiness('postgresStop', 'database', 503),
  },
  /** NATS does not run for a minute. */
  busAway: {
    faults: [{ kind: 'kill', atMs: BEGIN_MS, forMs: MINUTE_MS, process: 'nats' }],
    submitForMs: MINUTE_MS,
    judge: judgeReadiness('kill', 'bus', 200),
  },
  /** Connections of all kinds are half open for a minute: packets are lost, and nobody is told. */
  halfOpen: {
    faults: [
      cut('clients', 'api1'),
      cut('engine1', 'postgres'),
      cut('engine2', 'nats'),
      cut('gateway1', 'fleet'),
      cut('api2', 'postgres', BEGIN_MS + 2 * MINUTE_MS),
    ],
    submitForMs: 3 * MINUTE_MS,
    judge: nothing,
  },
  /** Clients that follow batches read nothing for a minute. */
  slowConsumer: {
    faults: [{ kind: 'stop', atMs: BEGIN_MS, forMs: MINUTE_MS, process: 'clients' }],
    submitForMs: MINUTE_MS,
    judge: nothing,
  },
  /** The disks of the audit of both engines are full for half of the time in which pairs are submitted. */
  fullDisk: {
    faults: ['engine1', 'engine2'].map((process) => ({
      kind: 'fullDisk',
      atMs: BEGIN_MS,
      forMs: MINUTE_MS / 2,
      process,
    })),
    submitForMs: MINUTE_MS,
    judge: nothing,
  },
  /** The replica of PostgreSQL takes over from a server that was killed, and later from one whose network was cut. */
  failover: {
    faults: [
      { kind: 'postgresFailover', atMs: BEGIN_MS, forMs: 5_000 },
      { kind: 'postgresSplit', atMs: BEGIN_MS + MINUTE_MS, forMs: 20_000 },
    ],
    submitForMs: 2 * MINUTE_MS,
    judge: nothing,
  },
  /**
   * The clock of each process jumps five minutes ahead and later back, then as far behind; then processes start with such clocks, and engines with
   * clocks by which everything in the queue has expired.
   */
  clockJumps: {
    faults: [
      ...[false, true].flatMap((isRestarted, i) =>
        [JUMP_MS, -JUMP_MS].flatMap((byMs, j) =>
          TARGETS.clocks.map((process, k) => {
            const atMs = BEGIN_MS + (2 * i + j) * JUMP_TURN_MS + k * JUMP_STEP_MS;
            return jump({ process, atMs, byMs, isRestarted });
          }),
        ),
      ),
      ...namesOf('engine').map((process) =>
        jump({ process, atMs: BEGIN_MS + 4 * JUMP_TURN_MS, byMs: EXPIRED_MS, isRestarted: true }),
      ),
    ],
    submitForMs: 6 * MINUTE_MS,
    judge: nothing,
  },
};

function jump(fault: Omit<Extract<Fault, { kind: 'clockJump' }>, 'kind' | 'forMs'>): Fault {
  return { kind: 'clockJump', forMs: JUMP_FOR_MS, ...fault };
}
