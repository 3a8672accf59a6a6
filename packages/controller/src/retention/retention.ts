/** How long records are kept, days. Results, the audit and the history of watches have settings of their own. */
export interface Retention {
  /** Mails, whether they were sent or not. */
  readonly mailDays: number;
  /** Reports of the tests of agents. */
  readonly agentTestDays: number;
  /** Paths of atlases, and the pings to their hops. Runs of an atlas repeat pings that are older than seven days. */
  readonly atlasDays: number;
  /** What the ranking of vantage points has learned, after the last answer. It uses nothing that is older than 30 days. */
  readonly rankingDays: number;
  /** Evidence from own probes that two addresses belong to one router, after it was last seen. */
  readonly aliasEvidenceDays: number;
  /** Runs that collected or refreshed atlases. */
  readonly atlasRunDays: number;
  /** Applications for sources that were refused. */
  readonly refusedApplicationDays: number;
  /** Raw probes with their results. */
  readonly probeDays: number;
  /** Single self-audits, and their counts by day. */
  readonly selfAuditDays: number;
  readonly selfAuditCountDays: number;
  /** Requests to opt out, after their decision. */
  readonly optOutRequestDays: number;
}

/** How long records are kept unless the caller sets other times. */
export const DEFAULT_RETENTION: Retention = {
  mailDays: 90,
  agentTestDays: 90,
  atlasDays: 7,
  rankingDays: 30,
  aliasEvidenceDays: 90,
  atlasRunDays: 90,
  refusedApplicationDays: 180,
  probeDays: 90,
  selfAuditDays: 30,
  selfAuditCountDays: 400,
  optOutRequestDays: 180,
};
