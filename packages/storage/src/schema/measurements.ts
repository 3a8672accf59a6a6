import type { Generated, Selectable } from 'kysely';
import type { CreatedAt, Json, WithDefault } from './columns.ts';

/** The measurements that one request submitted. */
export interface BatchTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  /** The API key that submitted the batch; null when none did, or when it is deleted. */
  readonly key_id: number | null;
  /** Number of measurements. */
  readonly size: number;
  readonly created_at: CreatedAt;
  /** The watch that submitted the batch, which may be deleted; null for the batches of users. */
  readonly watch_id: WithDefault<number | null>;
  /** When its user, or an operator, cancelled the batch; null when nobody did. */
  readonly cancelled_at: Date | null;
  /** Key that the request carried, so that it can be repeated; null when it carried none, or the key has expired. */
  readonly idempotency_key: string | null;
  /** Hash of the request, by which a different request with the same key is recognised. */
  readonly request_hash: string | null;
  /** Pairs that the answer to the request named as left out. */
  readonly rejected: Json;
}

/** One measurement: first work to do, later a result. */
export interface MeasurementTable {
  readonly id: Generated<number>;
  readonly batch_id: number;
  readonly user_id: number;
  /** Index in its batch, from 0. Work is taken in this order across batches, so a large batch does not delay small ones. */
  readonly position: number;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  readonly options: Json;
  readonly state: 'queued' | 'running' | 'done';
  /** The process that runs the measurement, and until when it may hold it. */
  readonly lease_owner: string | null;
  readonly lease_until: Date | null;
  readonly created_at: CreatedAt;
  readonly ended_at: Date | null;
  /** The result of the engine; null until the measurement is done. */
  readonly result: Json;
  /** Number of a forward traceroute that the user has noted; null when there is none. */
  readonly forward_traceroute_id: WithDefault<number | null>;
}

/** A batch as stored. */
export type Batch = Selectable<BatchTable>;
/** A measurement as stored. */
export type MeasurementRow = Selectable<MeasurementTable>;
