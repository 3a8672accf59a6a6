import type { MeasurementRow } from '@revtr/storage';
import { toPublicFailReason } from '../measurements/path-failures.ts';
import { readStoredResult } from '../measurements/stored-result.ts';
import type { MeasuredPath } from './rows/measured-path.ts';

/** A stored measurement, and since when its user agrees to the archive. */
export interface ConsentedRow extends MeasurementRow {
  readonly archive_consent_at: Date | null;
}

/** What decides whether others may see a result. Addresses are dotted quads. */
export interface ArchiveRules {
  /** Whether the host of a source shares it with everybody. */
  isPublicSource(address: string): boolean;
  /** Whether the network of an address opted out of probing. */
  hasOptedOut(address: string): boolean;
  asName(asn: number): string | undefined;
}

/**
 * What the public archive has of a measurement; `undefined` when it may have nothing: the user does not agree any more, the source is not public any
 * more, the network of the destination has opted out, or nothing was measured. Batch and label are left out, because they may tell who measured, and so
 * are messages of failures that say nothing about the path.
 * @throws {z.ZodError} when the stored result is not what the controller writes
 */
export function toPublishable(row: ConsentedRow, rules: ArchiveRules): MeasuredPath | undefined {
  const { id, source, destination, archive_consent_at, created_at } = row;
  if (row.state !== 'done' || archive_consent_at === null || archive_consent_at > created_at) return undefined;
  if (!rules.isPublicSource(source) || rules.hasOptedOut(destination)) return undefined;
  const { failReason, ...result } = readStoredResult(row.result);
  if (result.stopReason === 'cancelled') return undefined;
  const hops = result.hops.map((hop) => ({
    ...hop,
    asName: hop.asn === undefined ? undefined : rules.asName(hop.asn),
  }));
  const shown = { ...result, hops, ...(failReason && { failReason: toPublicFailReason(failReason) }) };
  return { id, source, destination, result: shown };
}
