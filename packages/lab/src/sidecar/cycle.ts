import { systemClock } from '@revtr/probing';
import { z } from 'zod';
import { isServiceError, type OriginalClient } from './original-client.ts';

export interface CycleOptions {
  readonly seconds: number;
  /** Batches in a second. */
  readonly perSecond: number;
  /** Pairs in a batch. */
  readonly pairs: number;
  /** Time between two calls of `GetSources`, milliseconds. */
  readonly sourcesEveryMs: number;
  /** A measurement is lost when it has not ended, and no other has ended for so long after the last batch, milliseconds. */
  readonly settleMs: number;
}

export interface CycleCollaborators {
  readonly client: OriginalClient;
  /** API key. */
  readonly key: string;
  /** Addresses to measure. */
  readonly destinations: readonly string[];
  readonly onProgress: (line: string) => void;
}

/** What the cycle has shown. Latencies are in milliseconds, from the moment at which a call was due. */
export interface CycleReport {
  readonly batches: number;
  readonly batchesPerSecond: number;
  readonly measurements: number;
  /** Calls that failed, by status code and text. */
  readonly errors: Readonly<Record<string, number>>;
  /** Measurements of accepted batches that have no result at the end. */
  readonly lost: number;
  /** Measurements that have a result, by status. */
  readonly ended: Readonly<Record<string, number>>;
  readonly runRevtr: Latency;
  readonly getSources: Latency;
}

interface Latency {
  readonly calls: number;
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
}

const LOOKS_AT_ONCE = 8;
const PROGRESS_MS = 30_000;
const LOOK_AGAIN_MS = 1_000;
const sourcesSchema = z.object({ srcs: z.array(z.object({ ip: z.ipv4(), site: z.string() })).min(1) });
const acceptedSchema = z.object({ batchId: z.int().positive() });
const statusSchema = z.object({ revtrsStatus: z.array(z.string()) });

/**
 * Does what the sidecar of the original does on each measurement server: asks for the sources that have an atlas, and sends batches with its
 * options and a deadline of 30 seconds, at a fixed rate that does not wait for answers. Afterwards asks for the status of every batch.
 */
export async function sidecarCycle(options: CycleOptions, collaborators: CycleCollaborators): Promise<CycleReport> {
  const { client, key: auth, destinations, onProgress } = collaborators;
  const { seconds, perSecond, pairs, sourcesEveryMs } = options;
  const errors = new Map<string, number>();
  const times = { runRevtr: [] as number[], getSources: [] as number[] };
  const failed = (error: unknown): void => {
    // Details of deadlines hold times, which differ from call to call.
    const name = isServiceError(error) ? `${error.code} ${error.details.replace(/ after .*/, '')}` : String(error);
    errors.set(name, (errors.get(name) ?? 0) + 1);
  };
  const sourcesNow = async (): Promise<readonly string[]> => {
    const from = performance.now();
    const { message } = await client.call('GetSources', { auth, onlyWithAtlas: true });
    times.getSources.push(performance.now() - from);
    return sourcesSchema.parse(message).srcs.map(({ ip }) => ip);
  };
  let sources = await sourcesNow();
  const batchIds: number[] = [];
  const open = new Set<Promise<void>>();
  const send = async (number: number, dueAt: number): Promise<void> => {
    const revtrs = Array.from({ length: pairs }, (_, i) =>
      measurement(sources[number % sources.length], destinations[(number * pairs + i) % destinations.length], number),
    );
    const { message } = await client.call('RunRevtr', { auth, revtrs, checkDB: false });
    batchIds.push(acceptedSchema.parse(message).batchId);
    times.runRevtr.push(performance.now() - dueAt);
  };
  const begunAt = performance.now();
  let [sourcesAt, progressAt] = [begunAt + sourcesEveryMs, begunAt + PROGRESS_MS];
  const all = Math.round(seconds * perSecond);
  for (let number = 0; number < all; number++) {
    const dueAt = begunAt + (number * 1000) / perSecond;
    const earlyMs = dueAt - performance.now();
    if (earlyMs > 0) await systemClock.sleep(earlyMs);
    const call = send(number, dueAt).catch(failed);
    open.add(call);
    call.finally(() => open.delete(call));
    if (dueAt >= sourcesAt) {
      sourcesAt += sourcesEveryMs;
      sourcesNow().then((now) => {
        sources = now;
      }, failed);
    }
    if (dueAt >= progressAt) {
      progressAt += PROGRESS_MS;
      onProgress(`${batchIds.length} batches accepted, ${open.size} calls open, ${errors.size} kinds of errors`);
    }
  }
  await Promise.all(open);
  const sentIn = (performance.now() - begunAt) / 1000;
  const { ended, lost } = await outcomes(options, collaborators, batchIds);
  return {
    batches: batchIds.length,
    batchesPerSecond: Math.round((10 * batchIds.length) / sentIn) / 10,
    measurements: batchIds.length * pairs,
    errors: Object.fromEntries(errors),
    lost: lost + (batchIds.length - new Set(batchIds).size) * pairs,
    ended,
    runRevtr: latencyOf(times.runRevtr),
    getSources: latencyOf(times.getSources),
  };
}

/** Asks for the status of each batch, oldest first, until all have ended, or none has ended for `settleMs`. */
async function outcomes(
  { pairs, settleMs }: CycleOptions,
  { client, key: auth, onProgress }: CycleCollaborators,
  batchIds: readonly number[],
): Promise<{ readonly ended: Record<string, number>; readonly lost: number }> {
  const ended: Record<string, number> = {};
  let open = [...batchIds];
  for (let endsAt = performance.now() + settleMs; open.length > 0 && performance.now() < endsAt; ) {
    const looked = open.values();
    const still: number[] = [];
    const look = async (): Promise<void> => {
      for (const batchId of looked) {
        const { message } = await client.call('GetRevtrBatchStatus', { auth, batchId });
        const { revtrsStatus } = statusSchema.parse(message);
        if (revtrsStatus.length < pairs || revtrsStatus.includes('RUNNING')) still.push(batchId);
        else for (const status of revtrsStatus) ended[status] = (ended[status] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: LOOKS_AT_ONCE }, look));
    if (still.length < open.length) endsAt = performance.now() + settleMs;
    open = still.toSorted((a, b) => a - b);
    if (open.length === 0) break;
    onProgress(`${open.length} batches have not ended`);
    await systemClock.sleep(LOOK_AGAIN_MS);
  }
  return { ended, lost: batchIds.length * pairs - Object.values(ended).reduce((sum, count) => sum + count, 0) };
}

/** A measurement with the options of the sidecar (`newRevtrMeasurement` in its `main.go`). */
const measurement = (src: string, dst: string, number: number) => ({
  ...{ src, dst, uuid: `ndt-${number}` },
  ...{ rrVpSelectionAlgorithm: 'ingress_cover', useTimestamp: false, useCache: true },
  atlasOptions: {
    ...{ useAtlas: true, useRrPings: true, ignoreSource: false, ignoreSourceAs: false },
    ...{ stalenessBeforeRefresh: 1, staleness: 60 * 24, platforms: ['mlab', 'ripe'] },
  },
  checkDestBasedRoutingOptions: { checkTunnel: false },
  heuristicsOptions: { useDoubleStamp: false },
  ...{ maxSpoofers: 10, label: 'ndt_revtr_sidecar' },
  ...{ isRunForwardTraceroute: false, isRunRttPings: true, isTryFromDestinationAs: true },
});

function latencyOf(times: readonly number[]): Latency {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number => Math.round(10 * (sorted[Math.floor(share * (sorted.length - 1))] ?? 0)) / 10;
  return { calls: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) };
}
