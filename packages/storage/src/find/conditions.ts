import { formatPrefix, lastAddressOf } from '@revtr/net';
import { type RawBuilder, sql } from 'kysely';
import { storedAddressOf, storedStopReasonOf, toStoredAddress } from '../results/result-columns.ts';
import type { MeasurementFilter } from './measurement-filter.ts';

/** What rows of `results` must meet. */
export function conditionsOnResults(filter: MeasurementFilter): RawBuilder<unknown> {
  const { source, destination, prefix, asn, stopReason } = filter;
  const conditions = commonConditions(filter);
  if (source !== undefined) conditions.push(sql`source = ${storedAddressOf(source)}`);
  if (destination !== undefined) conditions.push(sql`destination = ${storedAddressOf(destination)}`);
  if (prefix !== undefined)
    conditions.push(
      sql`destination between ${toStoredAddress(prefix.address)} and ${toStoredAddress(lastAddressOf(prefix))}`,
    );
  if (asn !== undefined) conditions.push(sql`networks @> ${`{${asn | 0}}`}::integer[]`);
  if (stopReason !== undefined) conditions.push(sql`stop_reason = ${storedStopReasonOf(stopReason)}::smallint`);
  return all(conditions);
}

/** What rows of `measurements` must meet, where addresses are text. */
export function conditionsOnOpen(filter: MeasurementFilter): RawBuilder<unknown> {
  const { source, destination, prefix } = filter;
  const conditions = commonConditions(filter);
  if (source !== undefined) conditions.push(sql`source = ${source}`);
  if (destination !== undefined) conditions.push(sql`destination = ${destination}`);
  if (prefix !== undefined) conditions.push(sql`destination::inet <<= ${formatPrefix(prefix)}::inet`);
  return all(conditions);
}

function commonConditions({
  userId,
  label,
  createdFrom,
  createdBefore,
  batchId,
}: MeasurementFilter): RawBuilder<unknown>[] {
  const conditions = [sql`user_id = ${userId}`];
  if (label !== undefined) conditions.push(sql`label = ${label}`);
  if (createdFrom !== undefined) conditions.push(sql`created_at >= ${createdFrom}`);
  if (createdBefore !== undefined) conditions.push(sql`created_at < ${createdBefore}`);
  if (batchId !== undefined) conditions.push(sql`batch_id = ${batchId}`);
  return conditions;
}

const all = (conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> => sql.join(conditions, sql` and `);
