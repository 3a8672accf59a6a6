import {
  findOption,
  headerLengthOf,
  type Ipv4Address,
  MIN_HEADER_LENGTH,
  OPTION_RECORD_ROUTE,
  OPTION_TIMESTAMP,
  refreshHeaderChecksum,
  stampRecordRoute,
  stampTimestamp,
} from '@revtr/net';

const DAY_MS = 86_400_000;

export const hasOptions = (packet: Uint8Array): boolean => headerLengthOf(packet, 0) > MIN_HEADER_LENGTH;

/**
 * Writes `address` into Record Route, and the time into Timestamp when its rules let the owner of `isOwn` do so. The
 * header checksum is kept right.
 */
export function stamp(
  packet: Uint8Array,
  address: Ipv4Address,
  isOwn: (asked: Ipv4Address) => boolean,
  nowMs: number,
): void {
  const recordRoute = findOption(packet, 0, OPTION_RECORD_ROUTE);
  if (recordRoute >= 0) stampRecordRoute(packet, recordRoute, address);
  const timestamp = findOption(packet, 0, OPTION_TIMESTAMP);
  if (timestamp >= 0) stampTimestamp(packet, timestamp, address, isOwn, Math.floor(nowMs) % DAY_MS);
  refreshHeaderChecksum(packet, 0);
}
