import {
  ARCHIVE_HOP_TYPES,
  type Evidence,
  type FailReason,
  type HopNetwork,
  type HopTechnique,
  type MeasuredHop,
  networksOfHops,
  type PathFacts,
  type ReverseTraceroute,
  STAND_IN_TECHNIQUES,
  type StandInScope,
} from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { BUDGET_KINDS, type TracerouteResult } from '@revtr/probing';
import { z } from 'zod';

const address = z.string().describe('IPv4 address');
const SCOPES = Object.keys(STAND_IN_TECHNIQUES) as [StandInScope, ...StandInScope[]];
const techniques = Object.keys(ARCHIVE_HOP_TYPES) as [HopTechnique, ...HopTechnique[]];

/** How far a hop is believed, from the most to the least. */
export const trustSchema = z.enum(['measured', 'inferred', 'assumed']);

/** A hop as it is stored and shown. */
export const hopSchema = z.object({
  address,
  technique: z.enum(techniques),
  type: z.int().describe('Number of the technique in the M-Lab archive'),
  trust: trustSchema,
  confidence: z.number().min(0).max(1).describe('Probability that the router is on the path'),
  asn: z.int().optional().describe('Network that operates the router, or announces the address of a host'),
  hiddenNetwork: z
    .object({ asn: z.int(), confidence: z.number().min(0).max(1).describe('Probability that the path passes it') })
    .optional()
    .describe('Network between this hop and the next one that shows no router, inferred from AS relations'),
  rttMs: z.number().optional().describe('Round-trip time from the source'),
  reusedAgeMs: z.number().optional().describe('Age of the evidence when it comes from an earlier measurement'),
  alternatives: z
    .array(address)
    .optional()
    .describe(
      'Other routers seen in this place: the router before balances load or does not route by destination alone',
    ),
  divergence: z
    .enum(['loadBalancing', 'notDestinationBased'])
    .optional()
    .describe('Why there are alternatives: the router before balances load, or does not route by destination alone'),
  confirmedBy: z.array(address).optional().describe('Others whose probes saw this router in this place'),
  evidence: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).describe('Why the hop is believed'),
});

const statsSchema = z.object({
  recordRoutePings: z.int(),
  spoofedRecordRoutePings: z.int(),
  timestampPings: z.int(),
  spoofedTimestampPings: z.int(),
  plainPings: z.int(),
  traceroutes: z.int(),
  tracerouteProbes: z.int(),
  recordRouteRounds: z.int(),
  spoofedRecordRouteRounds: z.int(),
  /** Absent in results of earlier versions. */
  onDemandTraceroutes: z.int().optional(),
  atlasQueries: z.int(),
  recordRouteMs: z.number(),
  spoofedRecordRouteMs: z.number(),
  atlasMs: z.number(),
  symmetryMs: z.number(),
});

const failReasonSchema = z.object({
  code: z.string(),
  message: z.string(),
  hop: address,
  budget: z
    .object({
      kind: z.enum(BUDGET_KINDS),
      subject: z.string().describe('An address, a prefix, an AS or the number of a user'),
      packets: z.enum(['all', 'withOptions']),
      per: z.enum(['second', 'day']),
      limit: z.int(),
    })
    .optional()
    .describe('The budget that has no packets left, for the code `budgetExhausted`'),
  retryAt: z
    .number()
    .optional()
    .describe(
      'When to measure again, milliseconds since the Unix epoch, for the codes `budgetExhausted` and `circuitOpen`',
    ),
});

/** A traceroute from the source to the destination. */
export const forwardSchema = z.object({
  stop: z.string(),
  hops: z.array(z.object({ ttl: z.int(), address: address.optional(), rttMs: z.number().optional() })),
});

/** The result of a measurement. */
export const resultSchema = z.object({
  plan: z.string(),
  stopReason: z.enum(['reaches', 'failed', 'trivial', 'cancelled']),
  failReason: failReasonSchema.optional(),
  startedAt: z.number().describe('Milliseconds since the Unix epoch'),
  endedAt: z.number(),
  hops: z.array(hopSchema),
  confidence: z.number().min(0).max(1).optional().describe('Probability that every hop is right'),
  measuredThrough: z
    .object({ address, scope: z.enum(SCOPES).describe('What the host shares with the destination') })
    .optional()
    .describe('The destination did not answer: this host was measured in its place'),
  reused: z
    .object({ oldestAgeMs: z.number().describe('Age of the oldest of them') })
    .optional()
    .describe('Present when the whole path comes from earlier measurements'),
  stats: statsSchema,
  attempts: z.array(
    z.object({
      technique: z.string(),
      hop: address,
      outcome: z.enum(['extended', 'nothingFound']),
      detail: z.string(),
      ms: z.number(),
    }),
  ),
  forward: forwardSchema.optional(),
});

/** A hop as it is stored and shown; addresses are dotted quads. */
export type StoredHop = z.infer<typeof hopSchema>;
/** The result of a measurement as it is stored and shown; addresses are dotted quads, times in milliseconds since the Unix epoch. */
export type StoredResult = z.infer<typeof resultSchema>;

/** In the database a hop whose evidence is that of the hop before it does not repeat it: results are the largest part of the data. */
const compactResultSchema = resultSchema.extend({ hops: z.array(hopSchema.partial({ evidence: true })) });

/** Writes a result the way the database keeps it. */
export function compactResult(result: StoredResult): z.infer<typeof compactResultSchema> {
  const hops = result.hops.map(({ evidence, ...hop }, i, all) =>
    evidence === all[i - 1]?.evidence ? hop : { ...hop, evidence },
  );
  return { ...result, hops };
}

/** Reads a result from the database. @throws {z.ZodError} when it is not what {@link compactResult} writes */
export function readStoredResult(json: unknown): StoredResult {
  const result = compactResultSchema.parse(json);
  let evidence: StoredHop['evidence'] = {};
  const hops = result.hops.map((hop): StoredHop => {
    evidence = hop.evidence ?? evidence;
    return { ...hop, evidence };
  });
  return { ...result, hops };
}

/** Writes a result the way it is stored, with the networks of its hops. */
export function toStoredResult(result: ReverseTraceroute, facts: PathFacts): StoredResult {
  const { plan, stopReason, failReason, startedAt, endedAt, measuredThrough, reused, stats, forward } = result;
  return {
    plan,
    stopReason,
    ...(failReason && { failReason: toStoredFailReason(failReason) }),
    startedAt,
    endedAt,
    hops: toStoredHops(result.hops, facts),
    confidence: roundedConfidence(result.confidence),
    ...(measuredThrough && {
      measuredThrough: { address: formatIpv4(measuredThrough.address), scope: measuredThrough.scope },
    }),
    ...(reused && { reused }),
    stats,
    attempts: result.attempts.flatMap(({ outcome, hop, ...attempt }) =>
      outcome === 'notApplicable' ? [] : [{ ...attempt, outcome, hop: formatIpv4(hop) }],
    ),
    ...(forward && { forward: toStoredTraceroute(forward) }),
  };
}

/** Writes hops the way they are stored; those that share their evidence go on sharing it. */
export function toStoredHops(hops: readonly MeasuredHop[], facts: PathFacts): StoredHop[] {
  const networks = networksOfHops(hops, facts);
  let evidence: StoredHop['evidence'] = {};
  return hops.map((hop, i) => {
    if (hop.evidence !== hops[i - 1]?.evidence) evidence = toStoredEvidence(hop.evidence);
    return toStoredHop(hop, evidence, networks[i]);
  });
}

/** Rounds to three places, except that only certainty becomes 1. */
const roundedConfidence = (confidence: number): number =>
  confidence < 1 ? Math.min(0.999, Math.round(confidence * 1000) / 1000) : 1;

function toStoredHop(hop: MeasuredHop, evidence: StoredHop['evidence'], { asn, hiddenNetwork }: HopNetwork): StoredHop {
  return {
    address: formatIpv4(hop.address),
    technique: hop.technique,
    type: ARCHIVE_HOP_TYPES[hop.technique],
    trust: hop.trust,
    confidence: roundedConfidence(hop.confidence),
    ...(asn !== undefined && { asn }),
    ...(hiddenNetwork && {
      hiddenNetwork: { ...hiddenNetwork, confidence: roundedConfidence(hiddenNetwork.confidence) },
    }),
    ...(hop.rttMs !== undefined && { rttMs: hop.rttMs }),
    ...(hop.alternatives && { alternatives: hop.alternatives.map(formatIpv4) }),
    ...(hop.divergence && { divergence: hop.divergence }),
    ...(hop.confirmedBy && { confirmedBy: hop.confirmedBy.map(formatIpv4) }),
    ...(hop.reusedAgeMs !== undefined && { reusedAgeMs: hop.reusedAgeMs }),
    evidence,
  };
}

/** Of the details, storage keeps what tells users when to measure again. */
function toStoredFailReason(reason: FailReason): StoredResult['failReason'] {
  const common = { code: reason.code, message: reason.message, hop: formatIpv4(reason.hop) };
  if (reason.code === 'circuitOpen') return { ...common, retryAt: reason.details.retryAt };
  if (reason.code !== 'budgetExhausted') return common;
  const { retryAt, ...budget } = reason.details;
  return { ...common, budget, retryAt };
}

const ADDRESS_FIELDS: ReadonlySet<string> = new Set(['target', 'sender', 'origin', 'met', 'destination']);

/** Evidence with its addresses written out. */
function toStoredEvidence(evidence: Evidence): StoredHop['evidence'] {
  const stored: StoredHop['evidence'] = {};
  const fields: [string, string | number | boolean][] = Object.entries(evidence);
  for (const [field, value] of fields)
    stored[field] = ADDRESS_FIELDS.has(field) && typeof value === 'number' ? formatIpv4(value) : value;
  return stored;
}

function toStoredTraceroute({ stop, hops }: TracerouteResult): StoredResult['forward'] {
  const toAddress = (from: Ipv4Address | undefined) => (from === undefined ? {} : { address: formatIpv4(from) });
  return {
    stop,
    hops: hops.map(({ ttl, from, rttMs }) => ({ ttl, ...toAddress(from), ...(rttMs !== undefined && { rttMs }) })),
  };
}
