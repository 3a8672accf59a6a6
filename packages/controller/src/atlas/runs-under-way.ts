import type { EngineCollaborators } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Random } from '@revtr/probing';
import type { AtlasRuns } from '@revtr/storage';
import type { Logger } from 'pino';
import type { RecordedWork } from '../audit/recorded-work.ts';
import { probingFor } from '../safety/probe-context.ts';
import { carryOut } from './atlas-run.ts';
import type { RipeAtlasAccess } from './ripe-access.ts';
import { RunRecord } from './run-record.ts';

export interface RunsUnderWayCollaborators {
  readonly engineParts: EngineCollaborators;
  readonly runs: AtlasRuns;
  /** RIPE Atlas; `undefined` when it is not used. */
  readonly ripe: RipeAtlasAccess | undefined;
  /** RIPE Atlas probes for a run of the whole atlas of a source. @throws {RipeAtlasError} */
  readonly probesFor: (source: Ipv4Address, signal: AbortSignal) => Promise<number[]>;
  /** Resolves when everything that the atlas holds is stored. */
  readonly stored: () => Promise<void>;
  /** What sends the probes of a run, other than RIPE Atlas, waits while they cannot be recorded. Default: they always can. */
  readonly recorded?: Pick<RecordedWork, 'run'> | undefined;
  readonly random: Random;
  readonly log: Logger;
}

interface UnderWay {
  readonly run: RunRecord;
  /** The payer's RIPE Atlas key, held in memory while the run is under way. */
  readonly key: string | undefined;
  readonly over: AbortController;
  readonly ended: Promise<void>;
}

const UNRECORDED: Pick<RecordedWork, 'run'> = { run: (work, signal) => work(signal) };

/** The runs under way, at most one for each source. */
export class RunsUnderWay {
  readonly #collaborators: RunsUnderWayCollaborators;
  readonly #bySource = new Map<Ipv4Address, UnderWay>();
  /** Runs that end here and continue elsewhere, by id, and whose state is stored. */
  readonly #interrupted = new Set<number>();
  #isStopping = false;

  constructor(collaborators: RunsUnderWayCollaborators) {
    this.#collaborators = collaborators;
  }

  /** Continues the runs that a stop or a crash interrupted: all, or those of one source. */
  async resume(source?: Ipv4Address): Promise<void> {
    const { runs, log, ripe, engineParts } = this.#collaborators;
    const only = source === undefined ? undefined : formatIpv4(source);
    for (const row of await runs.open()) {
      // The measurement that asked for it starts again, and asks again.
      if (row.cause === 'onDemand' || (only !== undefined && row.source !== only)) continue;
      try {
        const run = new RunRecord(row, runs);
        log.info({ run: run.id, source: row.source, phase: run.details.phase }, 'continuing an atlas run');
        this.begin(run, run.payer === 'system' ? ripe?.settings.key : undefined);
      } catch (error) {
        log.error({ err: error, run: row.id }, 'an atlas run cannot be continued');
        await runs.change(row.id, {
          state: 'failed',
          reason: 'The stored state of the run cannot be read.',
          ended_at: new Date(engineParts.clock.now()),
        });
      }
    }
  }

  /** Carries out a run in the background. `key` is the payer's RIPE Atlas key. */
  begin(run: RunRecord, key: string | undefined): void {
    const over = new AbortController();
    const { log, probesFor, recorded = UNRECORDED } = this.#collaborators;
    const collaborators = {
      ...this.#collaborators,
      recorded,
      chooseProbes: (signal: AbortSignal) => probesFor(run.source, signal),
    };
    const cause = { type: 'atlasRun', runId: run.id, userId: run.userId, keyId: run.details.keyId } as const;
    const ended = probingFor(cause, () => carryOut(run, key, collaborators, over.signal))
      .catch((error: unknown) => {
        if (!over.signal.aborted) log.error({ err: error, run: run.id }, 'an atlas run failed unexpectedly');
        else if (this.#isStopping || this.#interrupted.has(run.id)) return run.save();
        return undefined;
      })
      .catch((error: unknown) => log.error({ err: error, run: run.id }, 'an atlas run could not be stored'))
      .finally(() => this.#bySource.delete(run.source));
    this.#bySource.set(run.source, { run, key, over, ended });
  }

  /** The run of a source that is under way. */
  of(source: Ipv4Address): RunRecord | undefined {
    return this.#bySource.get(source)?.run;
  }

  /** Whether the run of a source that is under way spends the credits of this RIPE Atlas key. */
  usesKey(source: Ipv4Address, ripeKey: string): boolean {
    return this.#bySource.get(source)?.key === ripeKey;
  }

  /** Resolves when the run of a source that is under way has ended; at once when there is none. */
  async ended(source: Ipv4Address): Promise<void> {
    await this.#bySource.get(source)?.ended;
  }

  /** Ends the run of a source, on RIPE Atlas as well. Returns whether a run was under way. */
  async cancel(source: Ipv4Address, reason: string): Promise<boolean> {
    const underWay = this.#bySource.get(source);
    if (underWay === undefined) return false;
    underWay.over.abort();
    await underWay.ended;
    await underWay.run.end('cancelled', this.#collaborators.engineParts.clock.now(), reason);
    await this.#stopMeasurements(underWay);
    return true;
  }

  /** Interrupts the run of a source, which whoever owns the source next continues. How far it has come is stored, unless `isLost`. */
  async interrupt(source: Ipv4Address, isLost: boolean): Promise<void> {
    const underWay = this.#bySource.get(source);
    if (underWay === undefined) return;
    if (!isLost) this.#interrupted.add(underWay.run.id);
    underWay.over.abort();
    await underWay.ended;
    this.#interrupted.delete(underWay.run.id);
  }

  /** Interrupts all runs. {@link resume} continues them after the next start. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { over } of this.#bySource.values()) over.abort();
    await Promise.all([...this.#bySource.values()].map(({ ended }) => ended));
  }

  async #stopMeasurements({ run: { details, id }, key }: UnderWay): Promise<void> {
    const { ripe, log } = this.#collaborators;
    if (ripe === undefined || key === undefined) return;
    const client = ripe.client(key);
    for (const measurement of details.measurements)
      await client
        .stop(measurement)
        .catch((error: unknown) =>
          log.warn({ err: error, run: id, measurement }, 'a RIPE Atlas measurement could not be stopped'),
        );
  }
}
