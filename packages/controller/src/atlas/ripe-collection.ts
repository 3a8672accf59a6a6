import { type Atlas, toMeasuredPath } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { type Clock, inParallel, type Random } from '@revtr/probing';
import {
  isTerminal,
  isTraceroute,
  MOST_CONCURRENT,
  MOST_PROBES,
  type RipeAtlasClient,
  RipeAtlasError,
  type RipeFault,
  type RipeTraceroute,
  streamResults,
  type TracerouteDefinition,
  targetOf,
} from '@revtr/ripe-atlas';
import type { RunRecord } from './run-record.ts';

/** Packets a hop: what the API does by default, and 60 credits a result. */
export const PACKETS = 3;
/** Results are asked for this often beside the stream, which may miss some. */
const POLL_MS = 15_000;
/** A one-off ends by itself long before this. */
const MOST_MS = 30 * 60_000;
/** How long to wait for a place when too many measurements are under way, and how often. */
const QUOTA_WAIT_MS = 60_000;
const QUOTA_TRIES = 30;
/** Results overlap by this much when they are asked for again: probes report late. */
const OVERLAP_MS = 600_000;
const CONCURRENCY = 8;

export interface RipeCollectionCollaborators {
  /** Speaks for the payer; `undefined` when the payer's key is not known any more. */
  readonly payer: RipeAtlasClient | undefined;
  /** Reads public results. */
  readonly reader: RipeAtlasClient;
  readonly streamUrl: string;
  readonly atlas: Atlas;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Creates what is missing of a run's measurements: each carries a tag of its own, so that one whose answer was lost, to a crash of
 * this program as well, is found again instead of being paid twice. @throws {RipeAtlasError}
 */
export async function createMeasurements(
  run: RunRecord,
  collaborators: RipeCollectionCollaborators,
  signal: AbortSignal,
): Promise<void> {
  const { payer } = collaborators;
  const { probes, measurements, tag, notes } = run.details;
  const groups = Array.from({ length: Math.ceil(probes.length / MOST_PROBES) }, (_, i) =>
    probes.slice(i * MOST_PROBES, (i + 1) * MOST_PROBES),
  );
  const left = groups.slice(measurements.length);
  if (left.length === 0) return;
  if (payer === undefined) {
    notes.push(`the RIPE Atlas key was not kept over a restart: ${left.flat().length} probes were left out`);
    return;
  }
  for (const group of left) {
    const own = `${tag}-${measurements.length}`;
    const [created] = await payer.ownMeasurements(own, signal);
    measurements.push(created?.id ?? (await create(group, own, run.source, payer, collaborators, signal)));
    run.details.done = measurements.length;
    await run.save();
  }
}

async function create(
  ids: readonly number[],
  tag: string,
  source: Ipv4Address,
  client: RipeAtlasClient,
  { clock, random }: RipeCollectionCollaborators,
  signal: AbortSignal,
): Promise<number> {
  const definition: TracerouteDefinition = {
    target: targetOf(source),
    description: `Reverse Traceroute: the ways to ${targetOf(source)}`,
    protocol: 'ICMP',
    packets: PACKETS,
    // One flow: a way that is another one next time has changed.
    paris: 1,
    maxHops: 32,
    tags: ['revtr'],
    isPublic: true,
  };
  for (let tries = 1; ; tries++) {
    try {
      return await client.createTraceroute(definition, [{ type: 'probes', ids }], tag, signal);
    } catch (error) {
      const isFull = error instanceof RipeAtlasError && error.code === 'quota' && tries < QUOTA_TRIES;
      if (!isFull) throw error;
      await clock.sleep(QUOTA_WAIT_MS * (0.5 + random.next()), signal);
    }
  }
}

/**
 * Adds the results of a run's measurements to the atlas as they come, from the stream and by asking, until every measurement has
 * ended or every probe has reported. Counts credits, arrivals and faults in the run. @throws {RipeAtlasError}
 */
export async function gatherResults(
  run: RunRecord,
  collaborators: RipeCollectionCollaborators,
  signal: AbortSignal,
): Promise<void> {
  const { measurements, probes } = run.details;
  if (measurements.length === 0) return;
  const gathering = new Gathering(run, collaborators.atlas);
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const streaming = streamResults(
    {
      url: collaborators.streamUrl,
      client: 'reverse-traceroute',
      measurements,
      onResult: (result) => gathering.take(result),
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
      if (open.length > 0) await collaborators.clock.sleep(POLL_MS * (0.8 + 0.4 * collaborators.random.next()), signal);
    }
  } finally {
    over.abort();
    await streaming;
  }
  run.spentCredits = await costOf(run, collaborators, gathering, signal);
}

/** Asks for news of measurements. Returns those that go on. */
async function poll(
  open: readonly number[],
  gathering: Gathering,
  { reader }: RipeCollectionCollaborators,
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

/** What results have cost: those that came, at the price that the API names. */
async function costOf(
  run: RunRecord,
  { reader }: RipeCollectionCollaborators,
  gathering: Gathering,
  signal: AbortSignal,
): Promise<number> {
  const [first] = run.details.measurements;
  const { creditsPerResult } = await reader.measurement(first, signal);
  return gathering.reported * (creditsPerResult ?? 0);
}

/** Results of one run, each counted once however often it comes. */
class Gathering {
  readonly #run: RunRecord;
  readonly #atlas: Atlas;
  readonly #seen = new Set<number>();
  readonly #latest = new Map<number, number>();

  constructor(run: RunRecord, atlas: Atlas) {
    this.#run = run;
    this.#atlas = atlas;
    // What is counted again after a restart must not count twice.
    Object.assign(run.details.report, { faults: 0 });
    run.details.report.traceroutes = run.details.origins.length;
    run.details.report.arrived = 0;
  }

  get reported(): number {
    return this.#seen.size;
  }

  /** Time of the latest result of a measurement. */
  latestOf(measurement: number): number | undefined {
    return this.#latest.get(measurement);
  }

  take(result: RipeTraceroute | RipeFault): void {
    const { report } = this.#run.details;
    if (result.probe === undefined || this.#seen.has(result.probe)) return;
    this.#seen.add(result.probe);
    this.#run.details.done++;
    report.traceroutes++;
    if (!isTraceroute(result)) {
      report.faults++;
      return;
    }
    this.#latest.set(result.measurement, Math.max(result.at, this.#latest.get(result.measurement) ?? 0));
    const path = pathOf(result, this.#run.source);
    if (path === undefined) return;
    report.arrived++;
    this.#atlas.add(path);
  }
}

/** The path of the atlas that a result gives; `undefined` when it did not arrive, or does not say whence. */
function pathOf({ isReached, from, target, probe, at, hops }: RipeTraceroute, source: Ipv4Address) {
  if (!isReached || from === undefined || target !== source) return undefined;
  return toMeasuredPath({
    platform: 'ripeAtlas',
    probe,
    origin: from,
    source,
    at,
    hops: [from, ...hops.map((hop) => hop.from)],
  });
}
