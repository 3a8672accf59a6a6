import { z } from 'zod';

const name = z.string();
const common = {
  /** When it begins, milliseconds after the campaign. */
  atMs: z.number(),
  /** How long it lasts, milliseconds. */
  forMs: z.number(),
};

/** A fault, as it is planned and replayed. Processes are named as in a run: `engine1`, `nats`, `fleet`, `clients`. */
export const faultSchema = z.discriminatedUnion('kind', [
  /** A process is killed (SIGKILL), and started again at the end. */
  z.object({ kind: z.literal('kill'), ...common, process: name }),
  /** A process is suspended (SIGSTOP). */
  z.object({ kind: z.literal('stop'), ...common, process: name }),
  /** The scamper of an agent is killed. The agent starts it again. */
  z.object({ kind: z.literal('scamperKill'), ...common, process: name }),
  /** The scamper of an agent is suspended. The agent may replace it meanwhile. */
  z.object({ kind: z.literal('scamperStop'), ...common, process: name }),
  /** No packet passes between two hosts. */
  z.object({ kind: z.literal('cut'), ...common, one: name, other: name }),
  /** No packet passes from one host to another; the other direction works. */
  z.object({ kind: z.literal('oneWayCut'), ...common, from: name, to: name }),
  /** Packets between two hosts take longer. */
  z.object({ kind: z.literal('delay'), ...common, one: name, other: name, delayMs: z.number(), jitterMs: z.number() }),
  /** NATS is stopped as `systemctl restart` does, and started again. */
  z.object({ kind: z.literal('natsRestart'), ...common }),
  /** The primary PostgreSQL server is stopped as `systemctl restart` does, and started again. */
  z.object({ kind: z.literal('postgresRestart'), ...common }),
  /** The primary PostgreSQL server is killed and recovers. */
  z.object({ kind: z.literal('postgresKill'), ...common }),
  /** The primary PostgreSQL server is suspended. */
  z.object({ kind: z.literal('postgresStop'), ...common }),
  /** The primary PostgreSQL server is killed and the replica takes over; the other server becomes its replica. */
  z.object({ kind: z.literal('postgresFailover'), ...common }),
  /** The primary PostgreSQL server runs on without its network, and the replica takes over. */
  z.object({ kind: z.literal('postgresSplit'), ...common }),
  /** The disk of the audit of a process is full. */
  z.object({ kind: z.literal('fullDisk'), ...common, process: name }),
  /** The wall clock of a process is wrong by `byMs`, and right again at the end. `isRestarted`: the process starts with the wrong clock. */
  z.object({ kind: z.literal('clockJump'), ...common, process: name, byMs: z.number(), isRestarted: z.boolean() }),
]);
export type Fault = z.infer<typeof faultSchema>;
export type FaultKind = Fault['kind'];
export const FAULT_KINDS: readonly FaultKind[] = faultSchema.options.map(({ shape }) => shape.kind.value);

/** What a fault uses: two faults that use the same thing do not overlap. */
export function usedBy(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case 'kill':
    case 'stop':
    case 'scamperKill':
    case 'scamperStop':
      return [fault.process];
    case 'natsRestart':
      return ['nats'];
    case 'fullDisk':
      return [`disk of ${fault.process}`];
    case 'clockJump':
      return [`clock of ${fault.process}`, ...(fault.isRestarted ? [fault.process] : [])];
    case 'cut':
    case 'delay':
      return pairOf(fault.one, fault.other);
    case 'oneWayCut':
      return pairOf(fault.from, fault.to);
    default:
      return ['postgres'];
  }
}

/** A cut of the replication keeps the replica from taking over. */
const pairOf = (one: string, other: string): readonly string[] =>
  [one, other].every((host) => host.startsWith('pg')) ? ['postgres'] : [[one, other].sort().join(' ')];
