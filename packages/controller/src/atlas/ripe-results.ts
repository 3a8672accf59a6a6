import type { Atlas } from '@revtr/engine';
import { type Clock, inParallel, type Random } from '@revtr/probing';
import { isTerminal, MOST_CONCURRENT, type RipeAtlasClient, streamResults } from '@revtr/ripe-atlas';
import { GatheredResults } from './gathered-results.ts';
import type { RunRecord } from './run-record.ts';

/** How often to poll for results in addition to the stream, which may miss some, milliseconds. */
const POLL_MS = 15_000;
/** Longest time to wait for results, milliseconds. A one-off measurement ends long before. */
const MOST_MS = 30 * 60_000;
/** Each poll reads results from this long before the latest one, milliseconds, because probes report late. */
const OVERLAP_MS = 600_000;
const CONCURRENCY = 8;

export interface RipeResultsCollaborators {
  /** Reads public results. */
  readonly reader: RipeAtlasClient;
  readonly streamUrl: string;
  readonly atlas: Atlas;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Adds the results of a run's measurements to the atlas as they arrive, from the stream and by polling, until every measurement
 * has ended or every probe has reported. Counts credits, arrivals and faults in the run. @throws {RipeAtlasError}
 */
export async function gatherResults(
  run: RunRecord,
  collaborators: RipeResultsCollaborators,
  signal: AbortSignal,
): Promise<void> {
  const { measurements, probes } = run.details;
  if (measurements.length === 0) return;
  const gathering = new GatheredResults(run, collaborators.atlas);
  const over = new AbortController();
  const complete = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const streaming = streamResults(
    {
      url: collaborators.streamUrl,
      client: 'reverse-traceroute',
      measurements,
      onResult: (result) => {
        gathering.take(result);
        if (gathering.reported >= probes.length) complete.abort();
      },
    },
    { clock: collaborators.clock, random: collaborators.random },
    either,
  );
  try {
    const deadline = collaborators.clock.now() + MOST_MS;
    for (let open = measurements; open.length > 0 && collaborators.clock.now() < deadline; ) {
      open = await poll(open, gathering, collaborators, signal);
      await run.save();
      if (gathering.reported >= probes.length) break;
      if (open.length > 0) await pause(collaborators, complete.signal, signal);
    }
  } finally {
    over.abort();
    await streaming;
  }
  run.spentCredits = await costOf(run, collaborators, gathering, signal);
}

/** Waits until the next poll, or until every probe has reported. @throws {ProbingError} `cancelled` when `signal` fires */
async function pause(
  { clock, random }: RipeResultsCollaborators,
  complete: AbortSignal,
  signal: AbortSignal,
): Promise<void> {
  await clock
    .sleep(POLL_MS * (0.8 + 0.4 * random.next()), AbortSignal.any([signal, complete]))
    .catch((error: unknown) => {
      if (!complete.aborted || signal.aborted) throw error;
    });
}

/** Reads new results of measurements. Returns the measurements that have not ended. */
async function poll(
  open: readonly number[],
  gathering: GatheredResults,
  { reader }: RipeResultsCollaborators,
  signal: AbortSignal,
): Promise<number[]> {
  const going: number[] = [];
  await inParallel(open.length, Math.min(CONCURRENCY, MOST_CONCURRENT), async (i) => {
    const { state } = await reader.measurement(open[i], signal);
    const since = gathering.latestOf(open[i]);
    const results = await reader.results(open[i], since === undefined ? undefined : since - OVERLAP_MS, signal);
    for (const result of results) gathering.take(result);
    if (!isTerminal(state)) going.push(open[i]);
  });
  return going;
}

/** The credits that the reported results cost, at the price that the API states. */
async function costOf(
  run: RunRecord,
  { reader }: RipeResultsCollaborators,
  gathering: GatheredResults,
  signal: AbortSignal,
): Promise<number> {
  const [first] = run.details.measurements;
  const { creditsPerResult } = await reader.measurement(first, signal);
  return gathering.reported * (creditsPerResult ?? 0);
}
