import { type Kysely, sql, type Transaction } from 'kysely';
import { checkedLimit, MOST_LISTED } from '../access/limits.ts';
import { cleanText, toJson } from '../access/text.ts';
import type { Schema } from '../schema/schema.ts';
import type { HopKindRow, SelfAuditOutcome, SelfAuditRow } from '../schema/self-audits.ts';
import { changeKinds, type HopKindChange } from './hop-kinds.ts';

/** A self-audit that begins. Addresses are dotted quads; `network` is an AS number, or 0. */
export type NewSelfAudit = Pick<SelfAuditRow, 'started_at' | 'host' | 'source' | 'network' | 'is_retry'>;

/** Hops of an audit with the same kind and range of confidence. */
export interface HopCounts {
  readonly kind: string;
  readonly bin: number;
  readonly judged: number;
  readonly right: number;
  readonly unjudged: number;
  /** Sum of the confidence of the judged hops. */
  readonly confidence: number;
}

/** What a self-audit has found. */
export interface FinishedSelfAudit {
  readonly id: number;
  readonly endedAt: Date;
  readonly outcome: Exclude<SelfAuditOutcome, 'running'>;
  readonly detail: string;
  readonly reached?: boolean;
  readonly asPathExact?: boolean;
  readonly routers: number;
  readonly routersFound: number;
  /** Anything that JSON can hold; stored as it is. */
  readonly hops?: unknown;
  /** What it adds to the counts of the day, which are those of audits that are no retries. */
  readonly counts: readonly HopCounts[];
}

/** Which audits are summed. Days are since the Unix epoch, both included. */
export interface AccuracyQuery {
  readonly fromDay: number;
  readonly toDay: number;
  /** AS number of the hosts. */
  readonly network?: number | undefined;
}

/** Audits summed over days. */
export interface AuditSums {
  readonly network: number;
  readonly judged: number;
  readonly pathChanged: number;
  readonly noTruth: number;
  readonly notMeasured: number;
  readonly reached: number;
  readonly asPathExact: number;
  readonly routers: number;
  readonly routersFound: number;
}

/** Hops summed over days. */
export type HopSums = HopCounts & { readonly network: number };

const DAY_MS = 86_400_000;
const MOST_SUMS = 100_000;

/** Self-audits and their counts by day. */
export class SelfAudits {
  readonly #db: Kysely<Schema>;

  constructor(db: Kysely<Schema>) {
    this.#db = db;
  }

  /** Stores an audit that begins, and returns its number. */
  async begin(audit: NewSelfAudit): Promise<number> {
    const { id } = await this.#db
      .insertInto('self_audits')
      .values({ ...audit, outcome: 'running' })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  }

  /**
   * Stores how an audit ended, adds it to the counts of its day, and changes the evidence about kinds, all at once. Returns the evidence
   * about all kinds. @throws {StorageError} `badText`
   */
  async finish(audit: FinishedSelfAudit, change: HopKindChange): Promise<HopKindRow[]> {
    return this.#db.transaction().execute(async (transaction) => {
      const stored = await transaction
        .updateTable('self_audits')
        .set({
          ended_at: audit.endedAt,
          outcome: audit.outcome,
          detail: cleanText(audit.detail.slice(0, 500)),
          reached: audit.reached ?? null,
          as_path_exact: audit.asPathExact ?? null,
          routers: audit.routers,
          routers_found: audit.routersFound,
          hops: audit.hops === undefined ? null : toJson(audit.hops),
        })
        .where('id', '=', audit.id)
        .where('outcome', '=', 'running')
        .returning(['started_at', 'network', 'is_retry'])
        .executeTakeFirst();
      if (stored !== undefined && !stored.is_retry) {
        const day = Math.floor(stored.started_at.getTime() / DAY_MS);
        await countAudit(transaction, day, stored.network, audit);
        await countHops(transaction, day, stored.network, audit.counts);
      }
      return changeKinds(transaction, stored === undefined ? () => [] : change);
    });
  }

  /** Ends the audits that began before `time` and never ended, because their process did. Returns their number. */
  async endAbandoned(time: Date): Promise<number> {
    const { numUpdatedRows } = await this.#db
      .updateTable('self_audits')
      .set({ outcome: 'interrupted', ended_at: time, detail: 'the process that carried it out ended' })
      .where('outcome', '=', 'running')
      .where('started_at', '<', time)
      .executeTakeFirstOrThrow();
    return Number(numUpdatedRows);
  }

  /** When each pair of host and source was last audited since `time`. At most 10,000 pairs, the latest ones. */
  async latestByPair(
    time: Date,
  ): Promise<{ readonly host: string; readonly source: string; readonly startedAt: Date }[]> {
    return this.#db
      .selectFrom('self_audits')
      .select(({ fn }) => ['host', 'source', fn.max('started_at').as('startedAt')])
      .where('started_at', '>=', time)
      .groupBy(['host', 'source'])
      .orderBy('startedAt', 'desc')
      .limit(10_000)
      .execute();
  }

  /** Audits that ended, newest first; `limit` is at most 1,000. @throws {StorageError} `badLimit` */
  async list(limit: number): Promise<SelfAuditRow[]> {
    return this.#db
      .selectFrom('self_audits')
      .selectAll()
      .where('outcome', '!=', 'running')
      .orderBy('id', 'desc')
      .limit(checkedLimit(limit, MOST_LISTED))
      .execute();
  }

  /** Audits by network of the host, summed over days, most audits first. */
  async auditSums({ fromDay, toDay, network }: AccuracyQuery): Promise<AuditSums[]> {
    const chosen = network === undefined ? sql`` : sql`and network = ${network}`;
    const { rows } = await sql<AuditSums>`
      select network, sum(judged)::integer as judged, sum(path_changed)::integer as "pathChanged",
        sum(no_truth)::integer as "noTruth", sum(not_measured)::integer as "notMeasured",
        sum(reached)::integer as reached, sum(as_path_exact)::integer as "asPathExact",
        sum(routers)::integer as routers, sum(routers_found)::integer as "routersFound"
      from self_audit_days where day between ${fromDay} and ${toDay} ${chosen}
      group by network order by judged desc, network limit ${MOST_SUMS}`.execute(this.#db);
    return rows;
  }

  /** Hops by network of the host, kind and range of confidence, summed over days. */
  async hopSums({ fromDay, toDay, network }: AccuracyQuery): Promise<HopSums[]> {
    const chosen = network === undefined ? sql`` : sql`and network = ${network}`;
    const { rows } = await sql<HopSums>`
      select network, kind, bin, sum(judged)::integer as judged, sum(right_hops)::integer as "right",
        sum(unjudged)::integer as unjudged, sum(confidence) as confidence
      from self_audit_hops where day between ${fromDay} and ${toDay} ${chosen}
      group by network, kind, bin order by network, kind, bin limit ${MOST_SUMS}`.execute(this.#db);
    return rows;
  }

  /** Deletes single audits before one time, and counts of days before another. */
  async deleteBefore(auditsBefore: Date, countsBefore: Date): Promise<void> {
    await this.#db.deleteFrom('self_audits').where('started_at', '<', auditsBefore).execute();
    const day = Math.floor(countsBefore.getTime() / DAY_MS);
    await this.#db.deleteFrom('self_audit_days').where('day', '<', day).execute();
    await this.#db.deleteFrom('self_audit_hops').where('day', '<', day).execute();
  }
}

async function countAudit(
  transaction: Transaction<Schema>,
  day: number,
  network: number,
  audit: FinishedSelfAudit,
): Promise<void> {
  const one = (isCounted: boolean | undefined): number => (isCounted === true ? 1 : 0);
  const isJudged = audit.outcome === 'judged';
  await sql`
    insert into self_audit_days as days (day, network, judged, path_changed, no_truth, not_measured, reached,
      as_path_exact, routers, routers_found)
    values (${day}, ${network}, ${one(isJudged)}, ${one(audit.outcome === 'pathChanged')},
      ${one(audit.outcome === 'noTruth')}, ${one(audit.outcome === 'notMeasured')}, ${one(audit.reached)},
      ${one(audit.asPathExact)}, ${isJudged ? audit.routers : 0}, ${isJudged ? audit.routersFound : 0})
    on conflict (day, network) do update set
      judged = days.judged + excluded.judged, path_changed = days.path_changed + excluded.path_changed,
      no_truth = days.no_truth + excluded.no_truth, not_measured = days.not_measured + excluded.not_measured,
      reached = days.reached + excluded.reached, as_path_exact = days.as_path_exact + excluded.as_path_exact,
      routers = days.routers + excluded.routers, routers_found = days.routers_found + excluded.routers_found`.execute(
    transaction,
  );
}

async function countHops(
  transaction: Transaction<Schema>,
  day: number,
  network: number,
  counts: readonly HopCounts[],
): Promise<void> {
  for (const { kind, bin, judged, right, unjudged, confidence } of counts)
    await sql`
      insert into self_audit_hops as hops (day, network, kind, bin, judged, right_hops, unjudged, confidence)
      values (${day}, ${network}, ${kind}, ${bin}, ${judged}, ${right}, ${unjudged}, ${confidence})
      on conflict (day, network, kind, bin) do update set
        judged = hops.judged + excluded.judged, right_hops = hops.right_hops + excluded.right_hops,
        unjudged = hops.unjudged + excluded.unjudged, confidence = hops.confidence + excluded.confidence`.execute(
      transaction,
    );
}
