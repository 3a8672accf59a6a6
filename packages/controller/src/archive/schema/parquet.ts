import type { SchemaElement } from 'hyparquet-writer';
import type { Field, ScalarType } from './field.ts';

/** Physical and logical types (https://parquet.apache.org/docs/file-format/types/). Integers have 64 bits: AS numbers need 32 without a sign. */
const TYPES = {
  integer: { type: 'INT64' },
  float: { type: 'DOUBLE' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  time: { type: 'INT64', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } },
} as const satisfies Record<ScalarType, Partial<SchemaElement>>;

/** The Parquet schema of a table with these fields. A repeated field is a list of three levels, as the format asks for. */
export const toParquetSchema = (fields: readonly Field[]): SchemaElement[] => [
  { name: 'schema', num_children: fields.length },
  ...fields.flatMap(elementsOf),
];

function elementsOf(field: Field): SchemaElement[] {
  if (field.mode !== 'repeated') return single(field, field.name, field.mode === 'nullable' ? 'OPTIONAL' : 'REQUIRED');
  return [
    { name: field.name, repetition_type: 'REQUIRED', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...single(field, 'element', 'REQUIRED'),
  ];
}

function single(field: Field, name: string, repetition_type: 'OPTIONAL' | 'REQUIRED'): SchemaElement[] {
  return field.type === 'record'
    ? [{ name, repetition_type, num_children: field.fields.length }, ...field.fields.flatMap(elementsOf)]
    : [{ name, repetition_type, ...TYPES[field.type] }];
}
