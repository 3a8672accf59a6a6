import { parseIpv4 } from '@revtr/net';
import { encodeRecord } from '../records/encode-record.ts';

/** Numbers under which stop reasons are stored. Entries are only appended, never changed. */
const STOP_REASONS: readonly string[] = ['', 'reaches', 'failed', 'trivial', 'cancelled'];

/** What is stored of a result besides the record, so that queries find it. */
export interface ResultColumns {
  readonly record: Uint8Array;
  readonly stopReason: number;
  /** An array literal of PostgreSQL. */
  readonly networks: string;
}

/** The stop reason with a number; empty when the result has none. */
export const stopReasonOf = (stored: number): string => STOP_REASONS[stored] ?? '';

const ADDRESS_OFFSET = 2 ** 31;
/** Networks of a path that are stored for queries: a path has a few. */
const MOST_NETWORKS = 256;

/** An address as it is stored: integers of PostgreSQL have a sign. */
export const toStoredAddress = (address: number): number => address - ADDRESS_OFFSET;
/** An address from the database. */
export const fromStoredAddress = (stored: number): number => stored + ADDRESS_OFFSET;
/** A dotted quad as it is stored. @throws {NetError} `badAddress` */
export const storedAddressOf = (address: string): number => toStoredAddress(parseIpv4(address));

/** A stop reason as it is stored; 0 for one that is not known. */
export const storedStopReasonOf = (stopReason: string): number => Math.max(0, STOP_REASONS.indexOf(stopReason));

/** What is stored of a result: any value that JSON can represent. */
export function toResultColumns(result: unknown): ResultColumns {
  return {
    record: encodeRecord(result),
    stopReason: storedStopReasonOf(textOf(fieldOf(result, 'stopReason')) ?? ''),
    networks: `{${networksOf(result)
      .map((asn) => asn | 0)
      .join(',')}}`,
  };
}

/** AS numbers of the hops of a result, and of the networks between them that show no router, each once, in the order of the path. */
function networksOf(result: unknown): number[] {
  return [...new Set(asnsOf(result))].slice(0, MOST_NETWORKS);
}

/** AS numbers of the hops of a result, and of the networks between them that show no router, in the order of the path. */
export function asnsOf(result: unknown): number[] {
  return hopsOf(result).flatMap((hop) =>
    [fieldOf(hop, 'asn'), fieldOf(fieldOf(hop, 'hiddenNetwork'), 'asn')].filter(isAsn),
  );
}

/** The hops of a result; none when it has no list of them. */
export function hopsOf(result: unknown): readonly unknown[] {
  const hops = fieldOf(result, 'hops');
  return Array.isArray(hops) ? hops : [];
}

/** A field of an object; `undefined` when the value is no object. */
export const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;

/** The value if it is text. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

const isAsn = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;
