import type { Random } from '@revtr/probing';
import { FAULT_KINDS, type Fault, type FaultKind, usedBy } from './fault.ts';

/** The processes and connections of a run. */
export interface Targets {
  /** Processes of the controller. */
  readonly controllers: readonly string[];
  /** Other processes that can be killed and suspended. */
  readonly others: readonly string[];
  /** Agents that can be killed and suspended, and their scampers. */
  readonly agents: readonly string[];
  /** Processes whose wall clock can be wrong. */
  readonly clocks: readonly string[];
  /** Pairs of hosts that talk to each other. */
  readonly links: readonly (readonly [string, string])[];
}

export interface ScheduleOptions {
  /** Time in which faults begin, milliseconds. */
  readonly forMs: number;
  /** From the beginning of one fault to that of the next: this long on average, milliseconds. Default 3,000. */
  readonly everyMs?: number;
  /** Kinds of faults. Default: all. */
  readonly kinds?: readonly FaultKind[];
}

const EVERY_MS = 3_000;
const FIRST_MS = 2_000;
/** Longer than leases, streams and members wait for a process: 4 and 6 seconds. */
const LONGEST_MS = 20_000;
/** Time after a failover in which the other server becomes the replica. */
const REJOIN_MS = 15_000;
const MOST_TRIES = 20;
/** The least jump of a clock, milliseconds, and how many times as far the longest one is: 5 minutes. */
const LEAST_JUMP_MS = 2_000;
const JUMP_RANGE = 150;
/** Clocks are wrong for longer than other faults last: processes also start meanwhile. */
const CLOCK_FACTOR = 3;

/** Draws faults. They may overlap unless they use the same thing. Equal seeds, options and targets give equal faults. */
export function scheduleFaults(random: Random, targets: Targets, options: ScheduleOptions): Fault[] {
  const { forMs, everyMs = EVERY_MS, kinds = FAULT_KINDS } = options;
  const faults: Fault[] = [];
  const freeAt = new Map<string, number>();
  for (let atMs = FIRST_MS; atMs < forMs; atMs += everyMs * (0.5 + random.next())) {
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const fault = draw(random, Math.round(atMs), random.pick(kinds), targets);
      const used = usedBy(fault);
      if (used.some((thing) => (freeAt.get(thing) ?? 0) > atMs)) continue;
      for (const thing of used) freeAt.set(thing, atMs + fault.forMs + (used.includes('postgres') ? REJOIN_MS : 0));
      faults.push(fault);
      break;
    }
  }
  return faults;
}

function draw(random: Random, atMs: number, kind: FaultKind, targets: Targets): Fault {
  const { controllers, others, agents, clocks, links } = targets;
  // Most faults are short. Some last longer than the leases of sources and duties.
  const forMs = Math.round(500 + random.next() ** 2 * LONGEST_MS);
  const common = { atMs, forMs };
  switch (kind) {
    case 'kill':
    case 'stop':
      return { kind, ...common, process: random.pick([...controllers, ...controllers, ...others, ...agents]) };
    case 'scamperKill':
    case 'scamperStop':
      return { kind, ...common, process: random.pick(agents) };
    case 'fullDisk':
      return { kind, ...common, process: random.pick(controllers.filter((name) => name.startsWith('engine'))) };
    case 'clockJump': {
      const byMs = Math.round((random.chance(0.5) ? 1 : -1) * LEAST_JUMP_MS * JUMP_RANGE ** random.next());
      const process = random.pick(clocks);
      return { kind, atMs, forMs: forMs * CLOCK_FACTOR, process, byMs, isRestarted: random.chance(0.5) };
    }
    case 'cut':
    case 'delay': {
      const [one, other] = random.pick(links);
      if (kind === 'cut') return { kind, ...common, one, other };
      return { kind, ...common, one, other, delayMs: 20 + random.below(500), jitterMs: random.below(200) };
    }
    case 'oneWayCut': {
      const [from, to] = random.shuffle(random.pick(links));
      return { kind, ...common, from, to };
    }
    default:
      return { kind, ...common };
  }
}
