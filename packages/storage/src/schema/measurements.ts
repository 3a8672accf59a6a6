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
  /** All ids of its measurements are in this range; other batches may have some of them. Null before the results of a batch are records. */
  readonly first_id: WithDefault<number | null>;
  readonly last_id: WithDefault<number | null>;
  /** Context of the trace of the request (a `traceparent` of W3C Trace Context); null without tracing. */
  readonly trace: WithDefault<string | null>;
}

/** One measurement that has not ended. */
export interface MeasurementTable {
  readonly id: Generated<number>;
  readonly batch_id: number;
  readonly user_id: number;
  /** Index in its batch, from 0. */
  readonly position: number;
  /** Order within what the user has queued for the source: batches begin where those before them are, so they take turns. */
  readonly turn: WithDefault<number>;
  /** Whether the batch is too large to be taken before those of other users. */
  readonly is_bulk: WithDefault<boolean>;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  readonly options: Json;
  readonly state: 'queued' | 'running';
  /** The process that runs the measurement, and until when it may hold it. */
  readonly lease_owner: string | null;
  readonly lease_until: Date | null;
  readonly created_at: CreatedAt;
  /** Number of a forward traceroute that its user noted; null when the user did not. */
  readonly forward_traceroute_id: WithDefault<number | null>;
}

/** One measurement that has ended. The table is partitioned by ranges of ids. */
export interface ResultTable {
  readonly id: number;
  readonly batch_id: number;
  readonly created_at: Date;
  readonly ended_at: Date;
  readonly user_id: number;
  /** Addresses minus 2^31, which keeps their order. */
  readonly source: number;
  readonly destination: number;
  /** See `STOP_REASONS`. */
  readonly stop_reason: number;
  readonly label: string;
  /** AS numbers on the path as signed 32-bit numbers, each once. */
  readonly networks: readonly number[];
  readonly options: Json;
  /** See `encodeRecord`. */
  readonly record: Uint8Array;
  /** Number of a forward traceroute that its user noted; null when the user did not. */
  readonly forward_traceroute_id: WithDefault<number | null>;
}

/** One measurement that had ended before results were stored as records. */
export interface JsonResultTable extends Omit<MeasurementTable, 'state'> {
  readonly state: 'done';
  readonly ended_at: Date | null;
  readonly result: Json;
}

/** A range of ids whose results are in one partition. */
export interface ResultPartitionTable {
  readonly first_id: number;
  /** The id after the last one. */
  readonly end_id: number;
  /** From when its ids are handed out; null before. */
  readonly opened_at: WithDefault<Date | null>;
  /** Since when they are no more; null before. */
  readonly closed_at: WithDefault<Date | null>;
  /** Since when its results are in files instead of a table; null before. */
  readonly moved_at: WithDefault<Date | null>;
}

/** A batch as stored. */
export type Batch = Selectable<BatchTable>;
/** A measurement, whether it has ended or not. */
export interface MeasurementRow {
  readonly id: number;
  readonly batch_id: number;
  readonly user_id: number;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  /** As submitted; the reader must parse them with a schema. */
  readonly options: unknown;
  readonly state: 'queued' | 'running' | 'done';
  readonly created_at: Date;
  readonly ended_at: Date | null;
  /** Number of a forward traceroute that its user noted; null when the user did not. */
  readonly forward_traceroute_id: number | null;
  /** The result as JSON would represent it, which the reader must parse with a schema; null until the measurement has ended, or if it is damaged. */
  readonly result: unknown;
}
