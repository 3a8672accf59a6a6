import { systemClock } from '@revtr/probing';
import { Agents, ArchiveRecords, Batches, type Database, Jobs, Users } from '@revtr/storage';
import { pino } from 'pino';
import { ArchiveMetrics } from '../src/archive/archive-metrics.ts';
import type { PublicArchiveCollaborators } from '../src/archive/public-archive.ts';
import { Metrics } from '../src/foundation/metrics.ts';

const PUBLIC_SOURCE = '192.0.2.9';
export const PRIVATE_SOURCE = '192.0.2.10';
const NO_PROBES = {
  ...{ recordRoutePings: 1, spoofedRecordRoutePings: 2, timestampPings: 0, spoofedTimestampPings: 0, plainPings: 0 },
  ...{ traceroutes: 0, tracerouteProbes: 0, recordRouteRounds: 1, spoofedRecordRouteRounds: 0, atlasQueries: 0 },
  ...{ recordRouteMs: 0, spoofedRecordRouteMs: 0, atlasMs: 0, symmetryMs: 0 },
};

/** A user whose limits no test meets. */
export const userOf = (email: string) => ({
  ...{ name: 'U', email, role: 'user' as const },
  ...{ max_per_day: 1_000_000, max_parallel: 1_000_000, max_per_minute: 1_000_000 },
});

/** Why a path is not complete, as the controller stores it. */
type Failure = { readonly code: string; readonly message: string; readonly hop: string };

/** A result as the controller stores it. */
const resultAt = (
  startedAt: number,
  source: string,
  destination: string,
  stopReason = 'reaches',
  failReason?: Failure,
) => ({
  ...{ plan: 'default', stopReason, startedAt, endedAt: startedAt + 312.5, confidence: 0.9, stats: NO_PROBES },
  ...(failReason && { failReason }),
  attempts: [],
  hops: [
    {
      ...{ address: destination, technique: 'destination', type: 1, trust: 'measured', confidence: 1, rttMs: 12.5 },
      ...{ asn: 64500, evidence: { type: 'destination' } },
    },
    {
      address: source,
      technique: 'atlas',
      type: 3,
      trust: 'inferred',
      confidence: 0.9,
      evidence: { tracerouteId: 17 },
    },
  ],
});

/** Registers a public and a private source. */
export async function addSources({ db }: Database): Promise<void> {
  const agents = new Agents(db);
  for (const [address, visibility] of [
    [PUBLIC_SOURCE, 'public'],
    [PRIVATE_SOURCE, 'private'],
  ] as const) {
    await agents.put({ address, kind: 'source', hostname: 'h', site: 's', user_id: null, state: 'ready' });
    await agents.change(address, { visibility });
  }
}

/** Measurements of a user that ended: accepted at `acceptedAt`, ended at `endedAt`. Returns their ids. */
export async function addResults(
  { db }: Database,
  {
    email,
    count,
    source = PUBLIC_SOURCE,
    acceptedAt,
    endedAt,
    stopReason,
    failReason,
  }: {
    readonly email: string;
    readonly count: number;
    readonly source?: string;
    readonly acceptedAt: Date;
    readonly endedAt: Date;
    readonly stopReason?: string;
    readonly failReason?: Failure;
  },
): Promise<number[]> {
  const user = await new Users(db).ensure(userOf(email));
  const pairs = Array.from({ length: count }, (_, i) => ({
    ...{ source, destination: `198.51.${100 + (i >> 8)}.${i & 255}`, label: 'private label', options: {} },
  }));
  await new Batches(db).accept(user, pairs, acceptedAt);
  const jobs = new Jobs(db);
  const leased = await jobs.lease('me', 10_000, acceptedAt, new Date(endedAt.getTime() + 1_000));
  for (let first = 0; first < leased.length; first += 500)
    await jobs.finish(
      'me',
      leased.slice(first, first + 500).map(({ id, destination }) => ({
        id,
        result: resultAt(endedAt.getTime() - 400, source, destination, stopReason, failReason),
      })),
      endedAt,
    );
  return leased.map(({ id }) => id);
}

/** What an archive of the tests works with. */
export const archiveParts = (
  { db }: Database,
  more: Partial<PublicArchiveCollaborators> = {},
): PublicArchiveCollaborators => ({
  records: new ArchiveRecords(db),
  rules: {
    isPublicSource: (address) => address === PUBLIC_SOURCE,
    hasOptedOut: (address) => address === '198.51.100.7',
    asName: (asn) => `Network ${asn}`,
  },
  refreshRules: async () => undefined,
  metrics: new ArchiveMetrics(new Metrics().registry),
  clock: systemClock,
  log: pino({ level: 'silent' }),
  ...more,
});
