/** What a value of a field is. `time` is exact to one millisecond, UTC. */
export type ScalarType = 'integer' | 'float' | 'text' | 'time';
/** Whether a field has exactly one value, at most one, or a list of values. */
type FieldMode = 'required' | 'nullable' | 'repeated';

/** A field with a single kind of value. */
interface ScalarField {
  readonly name: string;
  readonly type: ScalarType;
  readonly mode: FieldMode;
  readonly description: string;
}

/** A field that consists of other fields. It may be repeated, and is never null. */
interface RecordField {
  readonly name: string;
  readonly type: 'record';
  readonly mode: 'required' | 'repeated';
  readonly description: string;
  readonly fields: readonly Field[];
}

/**
 * One column of a table of results. The Parquet schema, the BigQuery schema, the TypeScript type of a row, and the tables in the documentation
 * are all made from the same fields.
 */
export type Field = ScalarField | RecordField;

interface ValueOfScalar {
  readonly integer: number;
  readonly float: number;
  readonly text: string;
  readonly time: Date;
}

type ValueOf<F extends Field> = F extends RecordField
  ? RowOf<F['fields']>
  : F extends ScalarField
    ? ValueOfScalar[F['type']]
    : never;

type InMode<Value, Mode extends FieldMode> = Mode extends 'repeated'
  ? readonly Value[]
  : Mode extends 'nullable'
    ? Value | null
    : Value;

/** The TypeScript type of a row with these fields. */
export type RowOf<Fields extends readonly Field[]> = {
  readonly [F in Fields[number] as F['name']]: InMode<ValueOf<F>, F['mode']>;
};
