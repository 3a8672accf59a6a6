import type { SchemaElement } from 'hyparquet-writer';

/** One result in a file of cold results. */
export interface ColdRow {
  readonly measurement: number;
  readonly batch: number;
  readonly user_id: number;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  readonly created_at: Date;
  readonly ended_at: Date;
  /** Empty where the result has none. */
  readonly stop_reason: string;
  /** AS numbers on the path, each once. */
  readonly networks: readonly number[];
  /** JSON as text; null where there are none. */
  readonly options: string | null;
  /** Number of a forward traceroute that its user noted; null when the user did not. */
  readonly forward_traceroute: number | null;
  /** See `encodeRecord`. */
  readonly record: Uint8Array;
}

/** A column of the files. */
interface ColdColumn {
  readonly name: keyof ColdRow;
  readonly elements: readonly SchemaElement[];
  /** The value as the writer of Parquet files wants it. */
  readonly toParquet: (row: ColdRow) => unknown;
  /** Whether a Bloom filter of each group tells which values it has. */
  readonly isSearched?: boolean;
  /** Whether the least and the largest value of each group are of use. */
  readonly isOrdered?: boolean;
}

const required = (name: string, type: Partial<SchemaElement>): readonly SchemaElement[] => [
  { name, repetition_type: 'REQUIRED', ...type },
];
const optional = (name: string, type: Partial<SchemaElement>): readonly SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', ...type },
];
const INTEGER = { type: 'INT64' } as const;
const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;
const TIME = {
  type: 'INT64',
  logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' },
} as const satisfies Partial<SchemaElement>;

/** The columns in their order (https://parquet.apache.org/docs/file-format/types/). */
export const COLD_COLUMNS: readonly ColdColumn[] = [
  {
    name: 'measurement',
    elements: required('measurement', INTEGER),
    toParquet: (row) => BigInt(row.measurement),
    isOrdered: true,
  },
  { name: 'batch', elements: required('batch', INTEGER), toParquet: (row) => BigInt(row.batch), isOrdered: true },
  {
    name: 'user_id',
    elements: required('user_id', INTEGER),
    toParquet: (row) => BigInt(row.user_id),
    isOrdered: true,
    isSearched: true,
  },
  { name: 'source', elements: required('source', TEXT), toParquet: (row) => row.source, isSearched: true },
  {
    name: 'destination',
    elements: required('destination', TEXT),
    toParquet: (row) => row.destination,
    isSearched: true,
  },
  { name: 'label', elements: required('label', TEXT), toParquet: (row) => row.label, isSearched: true },
  { name: 'created_at', elements: required('created_at', TIME), toParquet: (row) => row.created_at, isOrdered: true },
  { name: 'ended_at', elements: required('ended_at', TIME), toParquet: (row) => row.ended_at, isOrdered: true },
  { name: 'stop_reason', elements: required('stop_reason', TEXT), toParquet: (row) => row.stop_reason },
  {
    name: 'networks',
    elements: [
      { name: 'networks', repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...required('element', INTEGER),
    ],
    toParquet: (row) => row.networks.map(BigInt),
    isSearched: true,
  },
  { name: 'options', elements: optional('options', TEXT), toParquet: (row) => row.options },
  {
    name: 'forward_traceroute',
    elements: optional('forward_traceroute', INTEGER),
    toParquet: (row) => (row.forward_traceroute === null ? null : BigInt(row.forward_traceroute)),
  },
  { name: 'record', elements: required('record', { type: 'BYTE_ARRAY' }), toParquet: (row) => row.record },
];
