import { floorOf, type HopKind, type Proportion, proportionOf, recentShare, techniqueOfKind } from '@revtr/engine';
import type { AuditSums, HopKindRow, HopSums, SelfAudits } from '@revtr/storage';
import type { KindEvidenceKeeper } from './kind-evidence-keeper.ts';
import { evidenceOf } from './kind-records.ts';
import { CONFIDENCE_RANGES, calibrationError } from './reliability.ts';

/** What an accuracy report covers. */
export interface AccuracyFilter {
  /** Milliseconds since the Unix epoch; whole days in UTC are counted. */
  readonly from: number;
  readonly to: number;
  /** AS number of the audited hosts. Default: all. */
  readonly network?: number | undefined;
  /** First part of kinds of hops, such as `atlas`. Default: all. It does not restrict the figures about whole paths. */
  readonly technique?: string | undefined;
}

/** How many of some are right, with the share and its 95 % interval, 0 to 1. */
interface Rate extends Proportion {
  readonly count: number;
  readonly total: number;
}

/** Judged hops, and the mean of their confidence, 0 to 1. */
interface HopRate extends Rate {
  readonly meanConfidence: number;
  /** Hops that could not be judged; they are not part of `total`. */
  readonly unjudged: number;
}

/** How accurate the system is, by its self-audits. */
export interface AccuracyReport {
  /** First day and the end of the last day, milliseconds since the Unix epoch. */
  readonly from: number;
  readonly to: number;
  /** Audits by outcome. */
  readonly audits: Pick<AuditSums, 'judged' | 'pathChanged' | 'noTruth' | 'notMeasured'>;
  /** Of the judged audits: those that reached the source; of these, those with the AS path of the traceroute; and the routers found. */
  readonly reached: Rate;
  readonly asPathExact: Rate;
  readonly routersFound: Rate;
  readonly hops: HopRate;
  readonly kinds: readonly (HopRate & { readonly kind: HopKind; readonly technique: string })[];
  /** Expected calibration error, 0 to 1, and the ranges of confidence that have judged hops. */
  readonly calibrationError: number;
  readonly ranges: readonly (HopRate & { readonly from: number; readonly to: number })[];
  /** By network of the host, most audits first, at most 100. `asn` is 0 for hosts without a known network, and for sources that are not public. */
  readonly networks: readonly { readonly asn: number; readonly audits: number; readonly hops: HopRate }[];
  /** Kinds that are suspended now, with what their recent hops show. */
  readonly suspensions: readonly Suspension[];
}

/** A kind of hop that is suspended. */
export interface Suspension {
  readonly kind: HopKind;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
  readonly recent: Proportion;
  readonly floor: number;
}

const DAY_MS = 86_400_000;
const MOST_NETWORKS = 100;

/** Sums the stored counts of self-audits. */
export async function reportAccuracy(
  { from, to, network, technique }: AccuracyFilter,
  {
    audits,
    keeper,
  }: { readonly audits: Pick<SelfAudits, 'auditSums' | 'hopSums'>; readonly keeper: KindEvidenceKeeper },
): Promise<AccuracyReport> {
  const days = { fromDay: Math.floor(from / DAY_MS), toDay: Math.floor(to / DAY_MS) };
  const byNetwork = await audits.auditSums({ ...days, network });
  const hopSums = (await audits.hopSums({ ...days, network })).filter(
    ({ kind }) => technique === undefined || techniqueOfKind(kind) === technique,
  );
  const sum = (field: Exclude<keyof AuditSums, 'network'>): number =>
    byNetwork.reduce((total, row) => total + row[field], 0);
  const kinds = [...Map.groupBy(hopSums, ({ kind }) => kind)].sort(([a], [b]) => a.localeCompare(b));
  const ranges = [...Map.groupBy(hopSums, ({ bin }) => bin)].sort(([a], [b]) => a - b);
  const hopsOf = Map.groupBy(hopSums, (row) => row.network);
  return {
    from: days.fromDay * DAY_MS,
    to: (days.toDay + 1) * DAY_MS,
    audits: {
      judged: sum('judged'),
      pathChanged: sum('pathChanged'),
      noTruth: sum('noTruth'),
      notMeasured: sum('notMeasured'),
    },
    reached: rateOf(sum('reached'), sum('judged')),
    asPathExact: rateOf(sum('asPathExact'), sum('reached')),
    routersFound: rateOf(sum('routersFound'), sum('routers')),
    hops: hopRate(hopSums),
    kinds: kinds.map(([kind, rows]) => ({ kind, technique: techniqueOfKind(kind), ...hopRate(rows) })),
    calibrationError: calibrationError(ranges.map(([, rows]) => totals(rows))),
    ranges: ranges.flatMap(([bin, rows]) => {
      const range = CONFIDENCE_RANGES[bin];
      return range === undefined ? [] : [{ ...range, ...hopRate(rows) }];
    }),
    networks: byNetwork
      .slice(0, MOST_NETWORKS)
      .map(({ network: asn, judged }) => ({ asn, audits: judged, hops: hopRate(hopsOf.get(asn) ?? []) })),
    suspensions: suspensionsOf(keeper.rows),
  };
}

/** The kinds that are suspended. */
export const suspensionsOf = (rows: readonly HopKindRow[]): Suspension[] =>
  rows.flatMap((row) => {
    const { kind, suspended_at: since } = row;
    const evidence = evidenceOf(row);
    return since === null
      ? []
      : [{ kind, since: since.getTime(), recent: recentShare(evidence), floor: floorOf(evidence) }];
  });

const rateOf = (count: number, total: number): Rate => ({ count, total, ...proportionOf(count, total) });

function totals(rows: readonly HopSums[]): Omit<HopSums, 'network' | 'kind' | 'bin'> {
  const total = { judged: 0, right: 0, unjudged: 0, confidence: 0 };
  for (const { judged, right, unjudged, confidence } of rows) {
    total.judged += judged;
    total.right += right;
    total.unjudged += unjudged;
    total.confidence += confidence;
  }
  return total;
}

function hopRate(rows: readonly HopSums[]): HopRate {
  const { judged, right, unjudged, confidence } = totals(rows);
  return { ...rateOf(right, judged), unjudged, meanConfidence: judged === 0 ? 0 : confidence / judged };
}
