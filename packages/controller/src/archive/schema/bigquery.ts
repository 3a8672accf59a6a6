import type { Field } from './field.ts';

const TYPES = { integer: 'INTEGER', float: 'FLOAT', text: 'STRING', time: 'TIMESTAMP', record: 'RECORD' } as const;
const MODES = { required: 'REQUIRED', nullable: 'NULLABLE', repeated: 'REPEATED' } as const;

/** A column in a schema file of BigQuery (https://cloud.google.com/bigquery/docs/schemas#specifying_a_json_schema_file). */
export interface BigQueryField {
  readonly name: string;
  readonly type: (typeof TYPES)[Field['type']];
  readonly mode: (typeof MODES)[Field['mode']];
  readonly description: string;
  readonly fields?: readonly BigQueryField[];
}

/** The schema file of a table with these fields. */
export const toBigQuerySchema = (fields: readonly Field[]): BigQueryField[] =>
  fields.map((field) => ({
    name: field.name,
    type: TYPES[field.type],
    mode: MODES[field.mode],
    description: field.description,
    ...(field.type === 'record' && { fields: toBigQuerySchema(field.fields) }),
  }));
