import type { Generated, Selectable } from 'kysely';
import type { Json } from './columns.ts';

/** The raw probes that one request asked for. */
export interface ProbeSetTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  /** The API key of the request; null when there was none, or when it is deleted. */
  readonly key_id: number | null;
  /** Number of probes. */
  readonly size: number;
  readonly created_at: Date;
}

/** A raw probe: first work to do, later a result. */
export interface ProbeTable {
  readonly id: Generated<number>;
  readonly set_id: number;
  readonly user_id: number;
  /** Index in its set, from 0. */
  readonly position: number;
  readonly request: Json;
  readonly state: 'queued' | 'running' | 'done';
  /** The process that sends the probe, and until when it may hold it. */
  readonly lease_owner: string | null;
  readonly lease_until: Date | null;
  readonly created_at: Date;
  readonly ended_at: Date | null;
  /** Null until the probe is done. */
  readonly result: Json;
}

/** A set of probes as stored. */
export type ProbeSet = Selectable<ProbeSetTable>;
/** A raw probe as stored. */
export type ProbeRow = Selectable<ProbeTable>;
