import type { Selectable } from 'kysely';

/** What a kill switch can stop. */
export const KILL_SWITCH_SCOPES = [
  'probing',
  'spoofing',
  'user',
  'key',
  'batch',
  'target',
  'vantagePoint',
  'source',
] as const;
/** What a kill switch stops: one of {@link KILL_SWITCH_SCOPES}. */
export type KillSwitchScope = (typeof KILL_SWITCH_SCOPES)[number];

/** A kill switch that is set. */
export interface KillSwitchTable {
  readonly scope: KillSwitchScope;
  /** Number, address or prefix of what is stopped; empty for the scopes `probing` and `spoofing`. */
  readonly subject: string;
  readonly reason: string;
  /** The operator who set it; `null` when the account was deleted. */
  readonly set_by: number | null;
  readonly set_at: Date;
}

/** A kill switch as stored. */
export type KillSwitchRow = Selectable<KillSwitchTable>;
