import {
  collectTails,
  collectTraceroutes,
  type EngineCollaborators,
  type TailsOptions,
  type TailsReport,
} from '@revtr/engine';
import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import { ProbingError, type Random } from '@revtr/probing';
import { creditsPerTraceroute, RipeAtlasError } from '@revtr/ripe-atlas';
import type { Logger } from 'pino';
import type { RecordedWork } from '../audit/recorded-work.ts';
import type { RipeAtlasAccess } from './ripe-access.ts';
import { createMeasurements, PACKETS } from './ripe-measurements.ts';
import { gatherResults } from './ripe-results.ts';
import { FAILED_UNEXPECTEDLY, type RunRecord } from './run-record.ts';

export interface RunCollaborators {
  readonly engineParts: EngineCollaborators;
  readonly ripe: RipeAtlasAccess | undefined;
  /** Numbers of the probes that a whole run asks. @throws {RipeAtlasError} */
  readonly chooseProbes: (signal: AbortSignal) => Promise<number[]>;
  /** Resolves when the whole atlas is stored: a run must not report paths that a crash would lose. */
  readonly stored: () => Promise<void>;
  /**
   * Interrupts the probes of vantage points and source while they cannot be recorded. What RIPE Atlas does goes on: its probes are not recorded, and a
   * measurement that was interrupted while it was created might be created, and paid for, twice.
   */
  readonly recorded: Pick<RecordedWork, 'run'>;
  readonly random: Random;
  readonly log: Logger;
}

const COMMON = { concurrency: 20, timeoutMs: 2_000, spoofersPerHop: 3 };
/** Age at which a hop is pinged again, milliseconds. */
const TAIL_AGE_MS = 7 * 86_400_000;

/**
 * Carries out a run, or the rest of it after a restart: traceroutes from RIPE Atlas and from the system's vantage points at the same time, then
 * Record Route pings to the hops that they show. The run always ends with a state, and with a reason when it failed.
 */
export async function carryOut(
  run: RunRecord,
  key: string | undefined,
  collaborators: RunCollaborators,
  signal: AbortSignal,
): Promise<void> {
  const { engineParts, log } = collaborators;
  try {
    if (run.details.phase !== 'recordRoute') await measureTraceroutes(run, key, collaborators, signal);
    await collaborators.stored();
    await run.enter('recordRoute', 0);
    await measureTails(run, collaborators, signal);
    await collaborators.stored();
    await run.end('done', engineParts.clock.now());
    log.info({ run: run.id, ...run.details.report, credits: run.spentCredits }, 'atlas collected');
  } catch (error) {
    if (signal.aborted) throw error;
    const isExpected = error instanceof ProbingError || error instanceof RipeAtlasError;
    if (!isExpected) log.error({ err: error, run: run.id }, 'an atlas run failed unexpectedly');
    const reason = isExpected ? error.message : FAILED_UNEXPECTEDLY;
    await run.end('failed', engineParts.clock.now(), reason);
  }
}

async function measureTraceroutes(
  run: RunRecord,
  key: string | undefined,
  { engineParts, ripe, chooseProbes, recorded, random, log }: RunCollaborators,
  signal: AbortSignal,
): Promise<void> {
  const { details } = run;
  // After a restart all arrivals are counted again.
  details.report.arrived = 0;
  const wantsProbes = run.payer !== 'nobody' && ripe !== undefined;
  const origins = details.origins.map((text) => ({ address: parseIpv4(text), platform: 'vantagePoint' }) as const);
  const fromProbes = async (half: AbortSignal): Promise<void> => {
    if (!wantsProbes) return;
    const { clock, atlas } = engineParts;
    const parts = {
      payer: key === undefined ? undefined : ripe.client(key),
      reader: ripe.client(key),
      streamUrl: ripe.settings.streamUrl,
      atlas,
      clock,
      random,
    };
    try {
      if (details.probes.length === 0) {
        details.probes = await chooseProbes(half);
        run.estimatedCredits = details.probes.length * creditsPerTraceroute(PACKETS);
      }
      await run.enter('creating', details.probes.length);
      await createMeasurements(run, parts, half);
      await run.enter('traceroutes', details.probes.length + origins.length);
      await gatherResults(run, parts, half);
    } catch (error) {
      // Without RIPE Atlas the vantage points still give a smaller atlas.
      if (!(error instanceof RipeAtlasError) || error.code === 'cancelled') throw error;
      log.warn({ run: run.id, code: error.code }, error.message);
      run.note(`RIPE Atlas: ${error.message}`);
    }
  };
  /** Vantage points whose traceroute has arrived since the run began. */
  const arrivedFrom = (): ReadonlySet<Ipv4Address> =>
    new Set(
      engineParts.atlas
        .traceroutesTo(run.source)
        .flatMap(({ platform, origin, at }) => (platform === 'vantagePoint' && at >= run.startedAt ? [origin] : [])),
    );
  const fromVantagePoints = async (half: AbortSignal): Promise<void> => {
    await recorded.run(async (interrupted) => {
      // A run that was interrupted does not measure them again.
      const done = arrivedFrom();
      const left = origins.filter(({ address }) => !done.has(address));
      await collectTraceroutes({ ...COMMON, source: run.source, signal: interrupted }, left, engineParts);
    }, half);
  };
  if (!wantsProbes) await run.enter('traceroutes', origins.length);
  await together([fromProbes, fromVantagePoints], signal);
  const done = arrivedFrom();
  details.report.traceroutes = Math.max(details.report.traceroutes, origins.length);
  details.report.arrived += origins.filter(({ address }) => done.has(address)).length;
}

/** Sends Record Route pings to the hops of the atlas. After an interruption, hops that were pinged in this run are not pinged again. */
async function measureTails(
  run: RunRecord,
  { engineParts, recorded }: RunCollaborators,
  signal: AbortSignal,
): Promise<void> {
  const { report } = run.details;
  const now = engineParts.clock.now();
  const notSince = run.cause === 'catchUp' || run.cause === 'refresh' ? now - TAIL_AGE_MS : run.startedAt;
  const facts = { aliases: engineParts.aliases, ipToAs: engineParts.ipToAs, useHeuristics: false };
  const onProgress = (done: number, total: number): void => {
    Object.assign(run.details, { done, total });
  };
  await recorded.run(async (interrupted) => {
    const before = { ...report };
    // What was found before an interruption counts as well.
    const onReport = ({ recordRoutePings, answered }: TailsReport): void => {
      report.recordRoutePings = before.recordRoutePings + recordRoutePings;
      report.answered = before.answered + answered;
    };
    const options: TailsOptions = { ...COMMON, source: run.source, signal: interrupted, onProgress, onReport };
    await collectTails(options, notSince, { ...engineParts, facts });
  }, signal);
}

/**
 * Does work at the same time. When a part fails, the others are aborted. Settles when all have ended: a run that is interrupted may soon begin again, and none
 * of its requests may be under way then. Rejects with what failed first.
 */
async function together(
  parts: readonly ((signal: AbortSignal) => Promise<void>)[],
  signal: AbortSignal,
): Promise<void> {
  const failing = new AbortController();
  let first: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    first ??= { error };
    failing.abort();
  };
  const either = AbortSignal.any([signal, failing.signal]);
  await Promise.all(parts.map((part) => part(either).catch(fail)));
  if (first !== undefined) throw first.error;
}
