import {
  findOption,
  headerLengthOf,
  type Ipv4Address,
  MIN_HEADER_LENGTH,
  OPTION_RECORD_ROUTE,
  OPTION_TIMESTAMP,
  recordedCount,
  refreshHeaderChecksum,
  stampRecordRoute,
  stampTimestamp,
  totalLengthOf,
  writeWord,
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

/** Returns the packet without its options. Changes `packet`. */
export function stripOptions(packet: Uint8Array): Uint8Array {
  const options = headerLengthOf(packet, 0) - MIN_HEADER_LENGTH;
  const length = totalLengthOf(packet, 0) - options;
  packet.copyWithin(MIN_HEADER_LENGTH, MIN_HEADER_LENGTH + options);
  packet[0] = 0x40 | (MIN_HEADER_LENGTH / 4);
  writeWord(packet, 2, length);
  refreshHeaderChecksum(packet, 0);
  return packet.subarray(0, length);
}

/** Overwrites all addresses that Record Route holds with 0.0.0.0; the pointer stays. */
export function zeroRecordRoute(packet: Uint8Array): void {
  const recordRoute = findOption(packet, 0, OPTION_RECORD_ROUTE);
  if (recordRoute < 0) return;
  packet.fill(0, recordRoute + 3, recordRoute + 3 + 4 * recordedCount(packet, recordRoute));
  refreshHeaderChecksum(packet, 0);
}
