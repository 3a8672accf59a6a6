import { type Clock, ProbingError, type SpoofMark, TRACEROUTE_DEFAULTS } from '@revtr/probing';
import type { GuardedRequest, ProbeGuard } from '../safety/guarded-prober.ts';
import type { ProbeCause } from '../safety/probe-context.ts';
import type { AuditLog } from './audit-log.ts';
import { type AuditRecord, MOST_PACKETS, type ProbeKind, TECHNIQUES, type TechniqueName } from './audit-record.ts';

/**
 * Records every probe before it is sent, and keeps a probe that cannot be recorded from being sent. It must be the last guard: what
 * another guard refuses is not sent.
 */
export class AuditGuard implements ProbeGuard {
  readonly #audit: Pick<AuditLog, 'add'>;
  readonly #clock: Clock;

  constructor(collaborators: { readonly audit: Pick<AuditLog, 'add'>; readonly clock: Clock }) {
    this.#audit = collaborators.audit;
    this.#clock = collaborators.clock;
  }

  /** @throws {ProbingError} `auditUnavailable` */
  leaving(request: GuardedRequest, cause: ProbeCause | undefined): Promise<void> {
    return this.#audit.add(toRecord(request, cause, Math.floor(this.#clock.now()))).catch(refuse);
  }
}

function refuse(error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  throw new ProbingError('auditUnavailable', `the probe cannot be recorded, and is not sent: ${reason}`);
}

function toRecord(request: GuardedRequest, cause: ProbeCause | undefined, at: number): AuditRecord {
  const spoof = request.type === 'ping' ? request.spoof : undefined;
  return {
    at,
    kind: kindOf(request),
    packets: packetsOf(request),
    sender: request.sender,
    target: request.target,
    claimedSource: spoof?.claimedSource,
    mark: spoof?.mark === undefined ? 0 : numberOf(spoof.mark),
    ...causeOf(cause),
  };
}

const kindOf = (request: GuardedRequest): ProbeKind =>
  request.type === 'traceroute' ? 'traceroute' : (request.option?.type ?? 'ping');

function packetsOf(request: GuardedRequest): number {
  if (request.type === 'ping') return 1;
  const { firstHop, maxHops, attempts } = { ...TRACEROUTE_DEFAULTS, ...request };
  return Math.min(MOST_PACKETS, (maxHops - firstHop + 1) * attempts);
}

const numberOf = ({ identifier, sequence }: SpoofMark): number => identifier * 0x1_0000 + sequence;

function causeOf(
  cause: ProbeCause | undefined,
): Pick<AuditRecord, 'cause' | 'technique' | 'causeId' | 'batchId' | 'userId' | 'keyId'> {
  const none = { technique: 'none', causeId: 0, batchId: 0, userId: 0, keyId: 0 } as const;
  if (cause === undefined) return { ...none, cause: 'unknown' };
  if (cause.type === 'atlasRun') {
    const { runId: causeId, userId = 0, keyId = 0 } = cause;
    return { ...none, cause: 'atlasRun', causeId, userId, keyId };
  }
  if (cause.type === 'rawProbe') {
    const { probeId: causeId, userId, keyId = 0 } = cause;
    return { ...none, cause: 'rawProbe', causeId, userId, keyId };
  }
  if (cause.type === 'agentTest') return { ...none, cause: 'agentTest', causeId: cause.agent };
  if (cause.type === 'selfAudit')
    return { ...none, cause: 'selfAudit', technique: techniqueOf(cause.technique), causeId: cause.auditId };
  if (cause.type !== 'measurement') return { ...none, cause: cause.type };
  const { measurementId: causeId, batchId, userId, keyId = 0, technique } = cause;
  return { cause: 'measurement', technique: techniqueOf(technique), causeId, batchId, userId, keyId };
}

function techniqueOf(name: string | undefined): TechniqueName {
  if (name === undefined) return 'none';
  return TECHNIQUES.find((technique) => technique === name) ?? 'other';
}
