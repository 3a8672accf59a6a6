import type { Prefix } from '@revtr/net';
import { parseIpv4, prefixContains } from '@revtr/net';
import { asnsOf, fieldOf } from '../results/result-columns.ts';
import type { MeasurementRow } from '../schema/measurements.ts';

/** Which measurements to find: those that meet every condition. Those that have not ended have no network and no stop reason. */
export interface MeasurementFilter {
  readonly userId: number;
  /** Dotted quads. */
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  /** Of the destination. */
  readonly prefix?: Prefix | undefined;
  /** AS number of a hop, or of a network between two hops that shows no router. */
  readonly asn?: number | undefined;
  /** Not empty. */
  readonly label?: string | undefined;
  /** When the measurement was submitted: at this time or later. */
  readonly createdFrom?: Date | undefined;
  /** When the measurement was submitted: before this time. */
  readonly createdBefore?: Date | undefined;
  readonly stopReason?: string | undefined;
  readonly batchId?: number | undefined;
}

/** Whether only measurements that have ended can meet the conditions. */
export const isOfEnded = ({ asn, stopReason }: MeasurementFilter): boolean =>
  asn !== undefined || stopReason !== undefined;

/** What rows of measurements have, wherever they are stored. */
type CommonColumns = Pick<MeasurementRow, 'user_id' | 'source' | 'destination' | 'label' | 'created_at'>;

/** Whether a measurement meets the conditions on these columns. */
export function meetsCommon(row: CommonColumns, filter: MeasurementFilter): boolean {
  const { userId, source, destination, prefix, label, createdFrom, createdBefore } = filter;
  return (
    row.user_id === userId &&
    (source === undefined || row.source === source) &&
    (destination === undefined || row.destination === destination) &&
    (prefix === undefined || prefixContains(prefix, parseIpv4(row.destination))) &&
    (label === undefined || row.label === label) &&
    (createdFrom === undefined || row.created_at >= createdFrom) &&
    (createdBefore === undefined || row.created_at < createdBefore)
  );
}

/** Whether a measurement meets all conditions. */
export function meets(row: MeasurementRow, filter: MeasurementFilter): boolean {
  const { asn, stopReason, batchId } = filter;
  return (
    meetsCommon(row, filter) &&
    (asn === undefined || asnsOf(row.result).includes(asn)) &&
    (stopReason === undefined || fieldOf(row.result, 'stopReason') === stopReason) &&
    (batchId === undefined || row.batch_id === batchId)
  );
}
