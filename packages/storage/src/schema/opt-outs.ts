import type { Generated, Selectable } from 'kysely';
import type { CreatedAt } from './columns.ts';

/** A network that opted out of probing. */
export interface OptOutTable {
  /** IPv4 prefix, IPv6 prefix or AS number in canonical form: `192.0.2.0/24`, `2001:db8::/32`, `AS64500`. */
  readonly network: string;
  readonly kind: 'ipv4' | 'ipv6' | 'as';
  readonly reason: string;
  /** Who entered it: an operator, one at a time or from a file, or the holder of the network. */
  readonly origin: 'operator' | 'import' | 'request';
  readonly created_at: CreatedAt;
}

/** How often the list has changed: one row, which every change of the list counts up. */
export interface OptOutChangeTable {
  readonly number: number;
}

/** A network that opted out, as stored. */
export type OptOut = Selectable<OptOutTable>;
/** What a new opt-out is stored with. The network is in canonical form. */
export type NewOptOut = Pick<OptOut, 'network' | 'kind' | 'reason' | 'origin'>;

/** The states of a request to opt out. Every state except `pending` is final. */
export const OPT_OUT_REQUEST_STATES = ['pending', 'accepted', 'refused', 'expired'] as const;
/** The state of a request to opt out: one of {@link OPT_OUT_REQUEST_STATES}. */
export type OptOutRequestState = (typeof OPT_OUT_REQUEST_STATES)[number];

/** The request of somebody without an account to stop probing a network. */
export interface OptOutRequestTable {
  readonly id: Generated<number>;
  /** As in {@link OptOutTable}. */
  readonly network: string;
  readonly reason: string;
  /** Where the requester wants to be told of the decision; not verified. */
  readonly email: string | null;
  /** Names the request to its requester, and proves it when it appears in the reverse zone. */
  readonly token: string;
  /** SHA-256 of the token that was mailed to the abuse contact, hexadecimal. */
  readonly mail_token_hash: string | null;
  /** The abuse contact that the mail went to. */
  readonly contact: string | null;
  readonly state: OptOutRequestState;
  /** How the request was accepted or refused. */
  readonly proof: 'dns' | 'mail' | 'operator' | null;
  /** The operator's note about the decision. */
  readonly note: string;
  readonly created_at: Date;
  readonly expires_at: Date;
  readonly mailed_at: Date | null;
  /** When the reverse zone was last looked up. */
  readonly checked_at: Date | null;
  readonly decided_at: Date | null;
  readonly decided_by: number | null;
}

/** A request to opt out as stored. */
export type OptOutRequest = Selectable<OptOutRequestTable>;

/** The registered abuse contact of a network. */
export interface AbuseContactTable {
  /** As in {@link OptOutTable}. */
  readonly network: string;
  readonly email: string;
  readonly created_at: CreatedAt;
}

/** An abuse contact as stored. */
export type AbuseContact = Selectable<AbuseContactTable>;
