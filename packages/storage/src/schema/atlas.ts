import type { Generated, Insertable, Selectable, Updateable } from 'kysely';
import type { Json, WithDefault } from './columns.ts';

/** A traceroute toward a source. */
export interface AtlasTracerouteTable {
  /** Dotted quad. */
  readonly source: string;
  readonly id: number;
  /** What measured it: `vantagePoint`, `ripeAtlas`, `publicTraceroute` or `reverseTraceroute`. */
  readonly platform: string;
  /** Id of the RIPE Atlas probe that measured it. */
  readonly probe: number | null;
  /** Dotted quad. */
  readonly origin: string;
  readonly measured_at: Date;
  /** Dotted quads in order from the origin, null for hops that did not answer. */
  readonly hops: Json;
}

/** The Record Route stamps of a ping to a hop of an atlas. */
export interface AtlasTailTable {
  /** Dotted quads of the source, the hop that was pinged, and the vantage point that pinged it. */
  readonly source: string;
  readonly target: string;
  readonly sender: string;
  readonly measured_at: Date;
  /** Dotted quads in order. */
  readonly stamps: Json;
}

/** A run that collects or refreshes the atlas of a source. */
export interface AtlasRunTable {
  readonly id: Generated<number>;
  /** Dotted quad. */
  readonly source: string;
  /** The user who requested it; null for the system. */
  readonly user_id: number | null;
  /** `asked`, `new`, `catchUp`, `refresh` or `onDemand`. */
  readonly cause: string;
  /** Whose RIPE Atlas credits are spent: `system`, `user` or `nobody`. */
  readonly payer: string;
  readonly state: 'running' | 'done' | 'failed' | 'cancelled';
  /** Parameters and progress; only the controller reads and writes them. */
  readonly details: Json;
  /** RIPE Atlas credits. */
  readonly estimated_credits: number;
  readonly spent_credits: WithDefault<number>;
  readonly reason: string | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
}

/** Evidence from own probes that two addresses belong to one router. */
export interface AliasEvidenceTable {
  /** Dotted quads; `first` is the smaller number. */
  readonly first: string;
  readonly second: string;
  readonly kind: string;
  readonly last_seen: Date;
  readonly count: number;
}

/** What the ranking has learned about the distance of a vantage point to a prefix or AS. */
export interface RankingRecordTable {
  /** `prefix` or `network`. */
  readonly level: string;
  readonly key: number;
  /** Dotted quad of the vantage point. */
  readonly sender: string;
  readonly distance: number;
  readonly count: number;
  readonly at: Date;
  /** Dotted quads. */
  readonly ingresses: Json;
}

export type AtlasRunRow = Selectable<AtlasRunTable>;
export type NewAtlasRun = Insertable<AtlasRunTable>;
export type AtlasRunChange = Updateable<AtlasRunTable>;
