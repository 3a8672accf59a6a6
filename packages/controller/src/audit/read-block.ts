import type { StoredAuditBlock } from '@revtr/storage';
import type { Logger } from 'pino';
import { AuditBlockError, type Candidate, decodeBlock } from './audit-block.ts';
import type { AuditRecord } from './audit-record.ts';

/** The records of a stored block that are candidates (default: all). A damaged block is logged, and `undefined`: it costs its records, not the answer. */
export function readBlock(
  { id, data }: StoredAuditBlock,
  log: Logger,
  isCandidate?: Candidate,
): AuditRecord[] | undefined {
  try {
    return decodeBlock(data, isCandidate);
  } catch (error) {
    if (!(error instanceof AuditBlockError)) throw error;
    log.error({ block: id }, error.message);
    return undefined;
  }
}
