import { NetError, type PacketFault } from './errors.ts';
import { type Ipv4Address, readIpv4, writeIpv4 } from './ipv4-address.ts';
import { OPTION_TIMESTAMP } from './ipv4-options.ts';

/** The three forms of the Timestamp option (RFC 791 section 3.1) and the flag of each in the packet. */
export const TIMESTAMP_FLAGS = { timestampOnly: 0, withAddress: 1, prespecified: 3 } as const;
export type TimestampForm = keyof typeof TIMESTAMP_FLAGS;

/** Maximum number of entries in the forms with addresses: 40 bytes of options, 4 of overhead, 8 an entry. */
export const MAX_ADDRESSED_TIMESTAMPS = 4;
/** Maximum number of entries in the form without addresses. */
export const MAX_BARE_TIMESTAMPS = 9;

/** One entry of a Timestamp option. */
export interface TimestampEntry {
  /** Absent in the form `timestampOnly`. */
  readonly address?: Ipv4Address;
  /** Milliseconds since midnight UTC, or a non-standard value with the high bit set; absent when not stamped. */
  readonly milliseconds?: number;
}

/**
 * Writes an unstamped Timestamp option and returns its length in bytes. `slots` is the number of entries; for `prespecified` it is
 * the list of addresses. @throws {NetError} `badTimestamp`
 */
export function writeTimestamp(
  bytes: Uint8Array,
  at: number,
  form: TimestampForm,
  slots: number | readonly Ipv4Address[],
): number {
  const addresses = typeof slots === 'number' ? undefined : slots;
  const count = typeof slots === 'number' ? slots : slots.length;
  const most = form === 'timestampOnly' ? MAX_BARE_TIMESTAMPS : MAX_ADDRESSED_TIMESTAMPS;
  if (
    !Number.isInteger(count) ||
    count < 1 ||
    count > most ||
    (form === 'prespecified') !== (addresses !== undefined)
  ) {
    throw new NetError('badTimestamp', `${form}: 1 to ${most} entries, addresses only when prespecified`, { count });
  }
  const width = entryWidth(TIMESTAMP_FLAGS[form]);
  const length = 4 + width * count;
  bytes[at] = OPTION_TIMESTAMP;
  bytes[at + 1] = length;
  bytes[at + 2] = 5;
  bytes[at + 3] = TIMESTAMP_FLAGS[form];
  bytes.fill(0, at + 4, at + length);
  addresses?.forEach((address, i) => {
    writeIpv4(bytes, at + 4 + 8 * i, address);
  });
  return length;
}

/** Checks length, pointer and flag of the Timestamp option at `at`; {@link checkOptions} must have passed. */
export function checkTimestamp(bytes: Uint8Array, at: number): PacketFault | undefined {
  const length = bytes[at + 1];
  if (length < 8) return 'badTimestamp';
  const pointer = bytes[at + 2];
  const flag = bytes[at + 3] & 15;
  if (flag !== 0 && flag !== 1 && flag !== 3) return 'badTimestamp';
  const width = entryWidth(flag);
  const aligned = (length - 4) % width === 0 && (pointer - 5) % width === 0;
  return aligned && pointer >= 5 && pointer <= length + 1 ? undefined : 'badTimestamp';
}

/** The form of a Timestamp option that has passed {@link checkTimestamp}. */
export function timestampFormOf(bytes: Uint8Array, at: number): TimestampForm {
  const flag = bytes[at + 3] & 15;
  if (flag === TIMESTAMP_FLAGS.timestampOnly) return 'timestampOnly';
  return flag === TIMESTAMP_FLAGS.withAddress ? 'withAddress' : 'prespecified';
}

/**
 * Processes the option as a router does (RFC 791): it stamps the next entry with `own` and `milliseconds`; in the form
 * `prespecified` only when `isOwn` accepts the next address. When the option is full, it increments the overflow counter, at most
 * to 15. Returns whether it stamped.
 */
export function stampTimestamp(
  bytes: Uint8Array,
  at: number,
  own: Ipv4Address,
  isOwn: (address: Ipv4Address) => boolean,
  milliseconds: number,
): boolean {
  const pointer = bytes[at + 2];
  const flag = bytes[at + 3] & 15;
  if (pointer > bytes[at + 1]) {
    if (flag !== TIMESTAMP_FLAGS.prespecified && bytes[at + 3] < 0xf0) bytes[at + 3] += 0x10;
    return false;
  }
  const entry = at + pointer - 1;
  if (flag === TIMESTAMP_FLAGS.timestampOnly) {
    writeIpv4(bytes, entry, milliseconds);
    bytes[at + 2] = pointer + 4;
    return true;
  }
  if (flag === TIMESTAMP_FLAGS.prespecified) {
    if (!isOwn(readIpv4(bytes, entry))) return false;
  } else {
    writeIpv4(bytes, entry, own);
  }
  writeIpv4(bytes, entry + 4, milliseconds);
  bytes[at + 2] = pointer + 8;
  return true;
}

/** Returns the overflow counter: routers that found the option full, at most 15. */
export const timestampOverflow = (bytes: Uint8Array, at: number): number => bytes[at + 3] >>> 4;

/** Reads the entries in order. Entries without a stamp have no `milliseconds`; only `prespecified` lists them. */
export function readTimestamps(bytes: Uint8Array, at: number): TimestampEntry[] {
  const form = timestampFormOf(bytes, at);
  const width = entryWidth(TIMESTAMP_FLAGS[form]);
  const entries: TimestampEntry[] = [];
  for (let offset = 4; offset < bytes[at + 1]; offset += width) {
    const stamped = offset + 1 < bytes[at + 2];
    if (!stamped && form !== 'prespecified') break;
    const address = width === 8 ? readIpv4(bytes, at + offset) : undefined;
    const milliseconds = stamped ? readIpv4(bytes, at + offset + width - 4) : undefined;
    entries.push({ ...(address !== undefined && { address }), ...(milliseconds !== undefined && { milliseconds }) });
  }
  return entries;
}

const entryWidth = (flag: number): number => (flag === TIMESTAMP_FLAGS.timestampOnly ? 4 : 8);
