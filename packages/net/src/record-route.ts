import { NetError, type PacketFault } from './errors.ts';
import { type Ipv4Address, readIpv4, writeIpv4 } from './ipv4-address.ts';
import { OPTION_RECORD_ROUTE } from './ipv4-options.ts';

/** Maximum number of slots of a Record Route option: 40 bytes of options, 3 of overhead, 4 a slot (RFC 791). */
export const MAX_RECORD_ROUTE_SLOTS = 9;

/** Length in bytes of a Record Route option with `slots` slots. */
export const recordRouteLength = (slots: number): number => 3 + 4 * slots;

/** Writes an empty Record Route option (RFC 791 section 3.1) and returns its length. @throws {NetError} `badRecordRoute` */
export function writeRecordRoute(bytes: Uint8Array, at: number, slots: number): number {
  if (!Number.isInteger(slots) || slots < 1 || slots > MAX_RECORD_ROUTE_SLOTS) {
    throw new NetError('badRecordRoute', `a Record Route option has 1 to 9 slots, not ${slots}`, { slots });
  }
  const length = recordRouteLength(slots);
  bytes[at] = OPTION_RECORD_ROUTE;
  bytes[at + 1] = length;
  bytes[at + 2] = 4;
  bytes.fill(0, at + 3, at + length);
  return length;
}

/** Checks length and pointer of the Record Route option at `at`; {@link checkOptions} must have passed. */
export function checkRecordRoute(bytes: Uint8Array, at: number): PacketFault | undefined {
  const length = bytes[at + 1];
  const pointer = bytes[at + 2];
  const aligned = (length - 3) % 4 === 0 && pointer % 4 === 0;
  return length >= 7 && aligned && pointer >= 4 && pointer <= length + 1 ? undefined : 'badRecordRoute';
}

/** Stamps `address` into the next free slot. Returns false, and changes nothing, when the option is full (RFC 791). */
export function stampRecordRoute(bytes: Uint8Array, at: number, address: Ipv4Address): boolean {
  const pointer = bytes[at + 2];
  if (pointer > bytes[at + 1]) return false;
  writeIpv4(bytes, at + pointer - 1, address);
  bytes[at + 2] = pointer + 4;
  return true;
}

/** Returns the number of stamped slots. */
export const recordedCount = (bytes: Uint8Array, at: number): number => (bytes[at + 2] - 4) >>> 2;

/** Reads the stamped addresses in order: the slots before the pointer. */
export function readRecordRoute(bytes: Uint8Array, at: number): Ipv4Address[] {
  const addresses: Ipv4Address[] = [];
  for (let slot = 0; slot < recordedCount(bytes, at); slot++) addresses.push(readIpv4(bytes, at + 3 + 4 * slot));
  return addresses;
}
