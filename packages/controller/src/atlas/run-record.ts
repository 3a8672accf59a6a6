import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import type { AtlasRunRow, AtlasRuns } from '@revtr/storage';
import { z } from 'zod';

/**
 * Why an atlas is measured: a user asked, the source is new, vantage points joined later, paths became old, or a measurement asked for one
 * traceroute.
 */
export const runCauseSchema = z.enum(['asked', 'new', 'catchUp', 'refresh', 'onDemand']);
export type RunCause = z.infer<typeof runCauseSchema>;
/** Whose RIPE Atlas credits a run spends. `nobody`: the run does not use RIPE Atlas. */
export const payerSchema = z.enum(['system', 'user', 'nobody']);
export type Payer = z.infer<typeof payerSchema>;
/** The phase of an atlas run, in the order in which a run passes them. */
export const runPhaseSchema = z.enum(['choosing', 'creating', 'traceroutes', 'recordRoute', 'done']);
/** Whether an atlas run is in progress, and how it ended. */
export const runStateSchema = z.enum(['running', 'done', 'failed', 'cancelled']);

/** The reason of a run that failed for a cause which only the operator can understand. */
export const FAILED_UNEXPECTEDLY = 'The run failed unexpectedly. The operator can find the cause in the log.';

/** Counts of what a run has measured. */
export const runReportSchema = z.object({
  traceroutes: z.int(),
  arrived: z.int(),
  /** Probes that reported something other than a traceroute. */
  faults: z.int(),
  recordRoutePings: z.int(),
  /** Hops behind which Record Route has shown addresses. */
  answered: z.int(),
});

const headSchema = z.object({ cause: runCauseSchema, payer: payerSchema });

/** What must be known to go on with a run after a restart, and what is shown of it. */
const detailsSchema = z.object({
  phase: runPhaseSchema,
  done: z.int(),
  total: z.int(),
  /** Vantage points and RIPE Atlas probes that send traceroutes. */
  origins: z.array(z.ipv4()),
  probes: z.array(z.int()),
  /** Tag that the measurements of this run carry, and those that have been created, in order. */
  tag: z.string(),
  measurements: z.array(z.int()),
  report: runReportSchema,
  notes: z.array(z.string()),
  /** The API key that requested the run. */
  keyId: z.int().optional(),
  /** The measurement that asked for the traceroute of a run of cause `onDemand`. */
  askedBy: z.int().optional(),
});
export type RunDetails = z.infer<typeof detailsSchema>;

/** A run that collects the atlas of a source, as it is shown. */
export interface AtlasRun extends Omit<RunDetails, 'origins' | 'probes' | 'tag' | 'keyId' | 'askedBy'> {
  readonly id: number;
  readonly source: Ipv4Address;
  readonly cause: RunCause;
  readonly payer: Payer;
  readonly state: AtlasRunRow['state'];
  readonly probes: number;
  readonly estimatedCredits: number;
  readonly spentCredits: number;
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly reason?: string;
}

/** One run. The database has its current state at every step. */
export class RunRecord {
  readonly id: number;
  readonly source: Ipv4Address;
  readonly cause: RunCause;
  readonly payer: Payer;
  /** The user who requested the run; `undefined` when the system started it. */
  readonly userId: number | undefined;
  readonly startedAt: number;
  readonly details: RunDetails;
  state: AtlasRunRow['state'];
  estimatedCredits: number;
  spentCredits: number;
  reason: string | undefined;
  endedAt: number | undefined;
  readonly #runs: AtlasRuns;

  /** @throws {z.ZodError} when the row is damaged */
  constructor(row: AtlasRunRow, runs: AtlasRuns) {
    const { cause, payer } = headSchema.parse(row);
    this.id = row.id;
    this.source = parseIpv4(row.source);
    this.cause = cause;
    this.payer = payer;
    this.userId = row.user_id ?? undefined;
    this.startedAt = row.started_at.getTime();
    this.details = detailsSchema.parse(row.details);
    this.state = row.state;
    this.estimatedCredits = row.estimated_credits;
    this.spentCredits = row.spent_credits;
    this.reason = row.reason ?? undefined;
    this.endedAt = row.ended_at?.getTime();
    this.#runs = runs;
  }

  /** Adds a note, once. */
  note(text: string): void {
    if (!this.details.notes.includes(text)) this.details.notes.push(text);
  }

  /** Stores how far the run has come. */
  async save(): Promise<void> {
    await this.#runs.change(this.id, {
      state: this.state,
      details: JSON.stringify(this.details),
      estimated_credits: this.estimatedCredits,
      spent_credits: this.spentCredits,
      reason: this.reason ?? null,
      ended_at: this.endedAt === undefined ? null : new Date(this.endedAt),
    });
  }

  /** Stores that the run is at its next step. */
  async enter(phase: RunDetails['phase'], total: number): Promise<void> {
    Object.assign(this.details, { phase, total, done: 0 });
    await this.save();
  }

  /** Stores that the run has ended. */
  async end(state: 'done' | 'failed' | 'cancelled', at: number, reason?: string): Promise<void> {
    this.state = state;
    this.reason = reason;
    this.endedAt = at;
    if (state === 'done') this.details.phase = 'done';
    await this.save();
  }

  /** The run as it is shown. */
  show(): AtlasRun {
    const { origins: _origins, probes, tag: _tag, ...details } = this.details;
    return {
      ...structuredClone(details),
      probes: probes.length,
      id: this.id,
      source: this.source,
      cause: this.cause,
      payer: this.payer,
      state: this.state,
      estimatedCredits: this.estimatedCredits,
      spentCredits: this.spentCredits,
      startedAt: this.startedAt,
      ...(this.endedAt !== undefined && { endedAt: this.endedAt }),
      ...(this.reason !== undefined && { reason: this.reason }),
    };
  }
}

/** Begins a run and stores that it has begun. */
export async function beginRun(
  runs: AtlasRuns,
  run: {
    readonly source: Ipv4Address;
    readonly userId: number | undefined;
    readonly keyId: number | undefined;
    readonly cause: RunCause;
    readonly payer: Payer;
    readonly estimatedCredits: number;
    readonly origins: readonly Ipv4Address[];
    readonly probes: readonly number[];
    readonly tag: string;
    readonly at: number;
    readonly askedBy?: number;
  },
): Promise<RunRecord> {
  const details: RunDetails = {
    phase: 'choosing',
    done: 0,
    total: 0,
    origins: run.origins.map(formatIpv4),
    probes: [...run.probes],
    tag: run.tag,
    measurements: [],
    report: { traceroutes: 0, arrived: 0, faults: 0, recordRoutePings: 0, answered: 0 },
    notes: [],
    ...(run.keyId !== undefined && { keyId: run.keyId }),
    ...(run.askedBy !== undefined && { askedBy: run.askedBy }),
  };
  const row = await runs.add({
    source: formatIpv4(run.source),
    user_id: run.userId ?? null,
    cause: run.cause,
    payer: run.payer,
    state: 'running',
    details: JSON.stringify(details),
    estimated_credits: run.estimatedCredits,
    reason: null,
    started_at: new Date(run.at),
    ended_at: null,
  });
  return new RunRecord(row, runs);
}
