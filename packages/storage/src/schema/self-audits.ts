import type { Generated, Selectable } from 'kysely';
import type { Json, WithDefault } from './columns.ts';

/** How self-audits end; `running` ones have not. */
export const SELF_AUDIT_OUTCOMES = [
  'running',
  'judged',
  'pathChanged',
  'noTruth',
  'notMeasured',
  'interrupted',
] as const;
/** How a self-audit ended: one of {@link SELF_AUDIT_OUTCOMES}. */
export type SelfAuditOutcome = (typeof SELF_AUDIT_OUTCOMES)[number];

/** A reverse traceroute from a host of this system, compared with the host's own traceroute. */
export interface SelfAuditTable {
  readonly id: Generated<number>;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  /** Dotted quads: the host that was measured like any destination, and the source. */
  readonly host: string;
  readonly source: string;
  /** Number of the network of the host; 0 when it is not known. */
  readonly network: number;
  /** Whether suspended kinds of hops were used like the others. Such an audit does not count for the accuracy of the system. */
  readonly is_retry: boolean;
  readonly outcome: SelfAuditOutcome;
  /** Why it was not judged, for people. */
  readonly detail: WithDefault<string>;
  readonly reached: boolean | null;
  readonly as_path_exact: boolean | null;
  /** Routers that the traceroute of the host shows, and how many of them the reverse path has. */
  readonly routers: WithDefault<number>;
  readonly routers_found: WithDefault<number>;
  /** The judged hops; only the controller reads and writes them. */
  readonly hops: Json;
}

/** Self-audits of a day, by the network of the host. */
export interface SelfAuditDayTable {
  /** Days since the Unix epoch, UTC. */
  readonly day: number;
  /** Number of the network; 0 when it is not known. */
  readonly network: number;
  /** Audits by outcome. */
  readonly judged: number;
  readonly path_changed: number;
  readonly no_truth: number;
  readonly not_measured: number;
  /** Of the judged audits: those that reached the source, and those of them with the AS path of the traceroute. */
  readonly reached: number;
  readonly as_path_exact: number;
  /** Sums over judged audits. */
  readonly routers: number;
  readonly routers_found: number;
}

/** Hops of judged audits of a day, by network of the host, kind and confidence. */
export interface SelfAuditHopTable {
  readonly day: number;
  readonly network: number;
  readonly kind: string;
  /** Number of the range of confidence, as the controller defines it. */
  readonly bin: number;
  /** Hops that could be judged, those of them that are right, and hops that could not be judged. */
  readonly judged: number;
  readonly right_hops: number;
  readonly unjudged: number;
  /** Sum of the confidence of the judged hops. */
  readonly confidence: number;
}

/** What self-audits say about a kind of hop. The sums forget; the engine defines them. */
export interface HopKindTable {
  readonly kind: string;
  readonly recent_weight: number;
  readonly recent_right: number;
  readonly recent_claimed: number;
  readonly long_weight: number;
  readonly long_right: number;
  readonly long_claimed: number;
  readonly updated_at: Date;
  /** Since when it is suspended; null when it is not. */
  readonly suspended_at: Date | null;
  /** When an operator last lifted a suspension. */
  readonly lifted_at: Date | null;
  /** When operators were last told that it has degraded. */
  readonly told_at: Date | null;
}

/** A self-audit as stored. */
export type SelfAuditRow = Selectable<SelfAuditTable>;
/** Evidence about a kind of hop as stored. */
export type HopKindRow = Selectable<HopKindTable>;
