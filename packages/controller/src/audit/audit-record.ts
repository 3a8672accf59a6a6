import type { Ipv4Address } from '@revtr/net';

/** Kinds of probes. Stored blocks hold places in this list: append only. */
export const PROBE_KINDS = ['ping', 'recordRoute', 'timestamp', 'traceroute'] as const;
export type ProbeKind = (typeof PROBE_KINDS)[number];

/** What probes are sent for. Stored blocks hold places in this list: append only. */
export const CAUSE_TYPES = [
  'unknown',
  'measurement',
  'atlasRun',
  'agentTest',
  'survey',
  'selfAudit',
  'rawProbe',
] as const;
type CauseType = (typeof CAUSE_TYPES)[number];

/** What sends the probes of a measurement. Stored blocks hold places in this list: append only. */
export const TECHNIQUES = [
  'none',
  'other',
  'atlas',
  'knownPath',
  'recordRoute',
  'spoofedRecordRoute',
  'timestamp',
  'assumedSymmetry',
  'nearbyAddress',
  'proxyPath',
  'forwardTraceroute',
  'roundTripTimes',
  'otherAnswers',
  'networkPath',
  'tracerouteOnDemand',
] as const;
export type TechniqueName = (typeof TECHNIQUES)[number];

/** The largest value of {@link AuditRecord.packets}. */
export const MOST_PACKETS = 0xffff;

/** One probe, as the audit records it before it is sent. Ids are 0 where there is none. */
export interface AuditRecord {
  /** When the controller sent the probe on its way, whole milliseconds since the Unix epoch. */
  readonly at: number;
  readonly kind: ProbeKind;
  /** 1 for a ping; for a traceroute, the most packets that the request allows. */
  readonly packets: number;
  /** The agent that sends it. */
  readonly sender: Ipv4Address;
  readonly target: Ipv4Address;
  /** The source whose address the packet carries; `undefined` when it carries the sender's own. */
  readonly claimedSource: Ipv4Address | undefined;
  /** ICMP identifier (upper 16 bits) and sequence number (lower 16 bits) of a spoofed probe, as in its grant; else 0. */
  readonly mark: number;
  readonly cause: CauseType;
  readonly technique: TechniqueName;
  /** The measurement, the atlas run, the self-audit, the raw probe, or the address of the tested agent, as `cause` says. */
  readonly causeId: number;
  readonly batchId: number;
  readonly userId: number;
  readonly keyId: number;
}

/** The measurement that a record belongs to. */
export const measurementOf = ({ cause, causeId }: AuditRecord): number | undefined =>
  cause === 'measurement' ? causeId : undefined;
