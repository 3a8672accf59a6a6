import type { Generated, Selectable } from 'kysely';
import type { Json, WithDefault } from './columns.ts';

/** JSON that is never null: written as text, read as a value of unknown shape. */
type JsonValue = Exclude<Json, null>;

/** A recurring measurement of one pair. */
export interface WatchTable {
  readonly id: Generated<number>;
  readonly user_id: number;
  /** The API key that created or resumed the watch; null for a session that began without one. */
  readonly key_id: number | null;
  readonly name: string;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly interval_seconds: number;
  readonly state: 'active' | 'paused';
  /** Stable code of why it is paused; null while it is active. */
  readonly pause_reason: string | null;
  readonly created_at: Date;
  readonly next_run_at: Date;
  /** Whether the next run confirms what the last one showed. */
  readonly is_confirming: WithDefault<boolean>;
  /** Kinds of changes that cause alerts. */
  readonly alert_on: JsonValue;
  readonly alert_mail: boolean;
  readonly webhook_url: string | null;
  /** Signs deliveries. It must be stored in clear text: a signature cannot be made with its hash. */
  readonly webhook_secret: string | null;
  /** Since when nothing is delivered to the webhook, because deliveries failed. */
  readonly webhook_disabled_at: WithDefault<Date | null>;
  /** What the detector of changes remembers; only the controller reads and writes it. */
  readonly detector: Json;
}

/** One measurement of a watch. */
export interface WatchRunTable {
  readonly id: Generated<number>;
  readonly watch_id: number;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly is_confirmation: boolean;
  /** Until when one process may submit the measurement; null once it is submitted or has ended. */
  readonly lease_until: Date | null;
  readonly batch_id: number | null;
  readonly measurement_id: number | null;
  readonly outcome: 'running' | 'measured' | 'notMeasured';
  /** Why it was not measured. */
  readonly detail: WithDefault<string>;
  readonly verdict: string | null;
  /** Number of the path within the watch; null while a new path is not confirmed. */
  readonly path: number | null;
  readonly reach: string | null;
  /** Round-trip time to the destination, milliseconds. */
  readonly rtt_ms: number | null;
  readonly hops: number | null;
  /** AS numbers, from the destination to the source. */
  readonly as_path: Json;
}

/** A confirmed change. */
export interface WatchChangeTable {
  readonly id: Generated<number>;
  readonly watch_id: number;
  /** The run that confirmed it. */
  readonly run_id: number;
  readonly at: Date;
  readonly kinds: JsonValue;
  readonly before: JsonValue;
  readonly after: JsonValue;
}

/** A message about a watch, and its delivery. */
export interface WatchAlertTable {
  readonly id: Generated<number>;
  readonly watch_id: number;
  readonly change_id: number | null;
  readonly channel: 'mail' | 'webhook';
  readonly type: string;
  /** The same in every attempt. */
  readonly message_id: string;
  /** Of a mail. */
  readonly subject: WithDefault<string>;
  readonly body: string;
  readonly state: 'pending' | 'delivered' | 'dead';
  readonly attempts: WithDefault<number>;
  readonly next_attempt_at: Date;
  /** HTTP status of the last answer. */
  readonly status: number | null;
  /** Why the last attempt failed. */
  readonly error: string | null;
  readonly created_at: Date;
  readonly ended_at: Date | null;
}

/** A watch as stored. */
export type WatchRow = Selectable<WatchTable>;
/** A run as stored. */
export type WatchRunRow = Selectable<WatchRunTable>;
/** A change as stored. */
export type WatchChangeRow = Selectable<WatchChangeTable>;
/** An alert as stored. */
export type WatchAlertRow = Selectable<WatchAlertTable>;
