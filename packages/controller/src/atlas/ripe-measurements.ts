import type { Ipv4Address } from '@revtr/net';
import type { Clock, Random } from '@revtr/probing';
import {
  MOST_PROBES,
  type RipeAtlasClient,
  RipeAtlasError,
  type TracerouteDefinition,
  targetOf,
} from '@revtr/ripe-atlas';
import type { RunRecord } from './run-record.ts';

/** Packets per hop: the default of the RIPE Atlas API, which costs 60 credits per result. */
export const PACKETS = 3;
/** How long to wait when too many measurements are under way, milliseconds, and how often to try. */
const QUOTA_WAIT_MS = 60_000;
const QUOTA_TRIES = 30;

/** What creates measurements, and is charged for them. */
export type RipePayer = Pick<RipeAtlasClient, 'ownMeasurements' | 'createTraceroute'>;

export interface RipeMeasurementsCollaborators {
  /** Acts for the payer; `undefined` when the payer's key is no longer known. */
  readonly payer: RipePayer | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Creates the RIPE Atlas measurements that a run still lacks. Each has a unique tag. When the response to a creation request was
 * lost, for instance in a crash, the measurement is found by its tag and not paid for again. @throws {RipeAtlasError}
 */
export async function createMeasurements(
  run: RunRecord,
  collaborators: RipeMeasurementsCollaborators,
  signal: AbortSignal,
): Promise<void> {
  const { payer } = collaborators;
  const { probes, measurements, tag } = run.details;
  const groups = Array.from({ length: Math.ceil(probes.length / MOST_PROBES) }, (_, i) =>
    probes.slice(i * MOST_PROBES, (i + 1) * MOST_PROBES),
  );
  const left = groups.slice(measurements.length);
  if (left.length === 0) return;
  if (payer === undefined) {
    run.note(`The RIPE Atlas key is not stored and was lost in a restart: ${left.flat().length} probes were left out.`);
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
  client: RipePayer,
  { clock, random }: RipeMeasurementsCollaborators,
  signal: AbortSignal,
): Promise<number> {
  const definition: TracerouteDefinition = {
    target: targetOf(source),
    description: `Reverse Traceroute: paths to ${targetOf(source)}`,
    protocol: 'ICMP',
    packets: PACKETS,
    // With one flow ID, a different path next time means a routing change.
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
