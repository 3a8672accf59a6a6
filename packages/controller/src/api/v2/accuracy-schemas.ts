import { SELF_AUDIT_OUTCOMES, type SelfAuditRow } from '@revtr/storage';
import { z } from 'zod';
import type { AddressFacts } from '../../facts/address-facts.ts';
import type { AccuracyReport, Suspension } from '../../self-audit/accuracy-report.ts';
import { VERDICTS } from '../../self-audit/judge.ts';
import { readStoredHops } from '../../self-audit/stored-hops.ts';

const share = z.number().min(0).max(1);
const proportionSchema = z.object({
  share,
  low: share.describe('95 % interval of the share'),
  high: share,
});
const rateSchema = proportionSchema.extend({ count: z.int(), total: z.int() });
z.globalRegistry.add(rateSchema, { id: 'AccuracyRate' });

const hopRateSchema = rateSchema.extend({
  meanConfidence: share.describe('Mean of the confidence that users see'),
  unjudged: z.int().describe('Hops that could not be judged; they are not part of `total`'),
});
z.globalRegistry.add(hopRateSchema, { id: 'HopRate' });

const kindSchema = z.string().describe('Kind of a hop, such as `spoofedRecordRoute.stamp`');

export const suspensionSchema = z.object({
  kind: kindSchema,
  since: z.iso.datetime(),
  recent: proportionSchema.describe('Recently audited hops of the kind that are right'),
  floor: share.describe('Share below which a kind is suspended'),
});
z.globalRegistry.add(suspensionSchema, { id: 'Suspension' });

/** How accurate the system is. */
export const accuracySchema = z.object({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  auditsPerDay: z.int().describe('Self-audits that the system makes in a day; 0: they are switched off'),
  audits: z
    .object({ judged: z.int(), pathChanged: z.int(), noTruth: z.int(), notMeasured: z.int() })
    .describe('Self-audits by outcome'),
  reached: rateSchema.describe('Judged reverse paths that reached the source'),
  asPathExact: rateSchema.describe('Of these, the ones with the AS path of the traceroute'),
  routersFound: rateSchema.describe('Responsive routers of the traceroutes that the reverse paths show'),
  hops: hopRateSchema.describe('Hops that are right'),
  kinds: z.array(hopRateSchema.extend({ kind: kindSchema, technique: z.string() })),
  calibrationError: share.describe('Mean distance between confidence and share of right hops'),
  ranges: z.array(hopRateSchema.extend({ from: share, to: share })).describe('The same by range of confidence'),
  networks: z.array(
    z.object({
      asn: z
        .int()
        .optional()
        .describe('Network of the audited hosts; absent when it is not known, or when the host is not public'),
      name: z.string().optional(),
      audits: z.int(),
      hops: hopRateSchema,
    }),
  ),
  suspensions: z.array(suspensionSchema),
});
z.globalRegistry.add(accuracySchema, { id: 'Accuracy' });

export const selfAuditSchema = z.object({
  id: z.int(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  host: z.string().describe('The host that was measured like any destination'),
  source: z.string(),
  outcome: z.enum(SELF_AUDIT_OUTCOMES),
  detail: z.string().describe('Why it was not judged'),
  isRetry: z.boolean().describe('Whether suspended kinds of hops were used like the others'),
  reached: z.boolean().optional(),
  asPathExact: z.boolean().optional(),
  routers: z.int(),
  routersFound: z.int(),
  hops: z.array(
    z.object({
      address: z.string(),
      kind: kindSchema,
      confidence: share,
      verdict: z.enum(VERDICTS),
      reason: z.string(),
    }),
  ),
});
z.globalRegistry.add(selfAuditSchema, { id: 'SelfAudit' });

const isoOf = (time: number): string => new Date(time).toISOString();

/** Writes a suspension. */
export const toSuspension = ({ since, ...suspension }: Suspension): z.input<typeof suspensionSchema> => ({
  ...suspension,
  since: isoOf(since),
});

/** Writes a report, with the names of networks. */
export function toAccuracy(
  report: AccuracyReport,
  facts: Pick<AddressFacts, 'asName'>,
): Omit<z.input<typeof accuracySchema>, 'auditsPerDay'> {
  return {
    ...report,
    from: isoOf(report.from),
    to: isoOf(report.to),
    kinds: [...report.kinds],
    ranges: [...report.ranges],
    networks: report.networks.map(({ asn, ...rest }) => {
      const name = asn === 0 ? undefined : facts.asName(asn);
      return { ...(asn !== 0 && { asn }), ...(name !== undefined && { name }), ...rest };
    }),
    suspensions: report.suspensions.map(toSuspension),
  };
}

/** Writes a self-audit. */
export function toSelfAudit(row: SelfAuditRow): z.input<typeof selfAuditSchema> {
  const { id, host, source, outcome, detail, routers } = row;
  return {
    id,
    startedAt: row.started_at.toISOString(),
    ...(row.ended_at && { endedAt: row.ended_at.toISOString() }),
    host,
    source,
    outcome,
    detail,
    isRetry: row.is_retry,
    ...(row.reached !== null && { reached: row.reached }),
    ...(row.as_path_exact !== null && { asPathExact: row.as_path_exact }),
    routers,
    routersFound: row.routers_found,
    hops: readStoredHops(row.hops),
  };
}
