import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ParquetEncoder } from '../src/archive/parquet/parquet-encoder.ts';
import type { Field, RowOf } from '../src/archive/schema/field.ts';
import { PATH_FIELDS } from '../src/archive/schema/path-fields.ts';

const FIELDS = [
  { name: 'id', type: 'integer', mode: 'required', description: '' },
  { name: 'text', type: 'text', mode: 'nullable', description: '' },
  { name: 'time', type: 'time', mode: 'nullable', description: '' },
  { name: 'numbers', type: 'float', mode: 'repeated', description: '' },
  {
    name: 'hops',
    type: 'record',
    mode: 'repeated',
    description: '',
    fields: [
      { name: 'asn', type: 'integer', mode: 'nullable', description: '' },
      { name: 'names', type: 'text', mode: 'repeated', description: '' },
      { name: 'rtt', type: 'float', mode: 'nullable', description: '' },
    ],
  },
] as const satisfies readonly Field[];
type Row = RowOf<typeof FIELDS>;

const directory = mkdtempSync(join(tmpdir(), 'revtr-parquet-'));
const file = join(directory, 'rows.parquet');
let connection: DuckDBConnection;
beforeAll(async () => {
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(() => rmSync(directory, { recursive: true }));

function write<Fields extends readonly Field[]>(fields: Fields, groups: readonly (readonly RowOf<Fields>[])[]): void {
  const encoder = new ParquetEncoder({ fields });
  writeFileSync(file, Buffer.concat([...groups.map((rows) => encoder.group(rows)), encoder.end()]));
}
const read = async (query: string) => (await connection.runAndReadAll(query)).getRowObjectsJson();

const text = fc.string({ unit: 'grapheme', maxLength: 8 });
const float = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const row: fc.Arbitrary<Row> = fc.record({
  id: fc.maxSafeInteger(),
  text: fc.option(text),
  time: fc.option(fc.integer({ min: 0, max: 4e12 }).map((ms) => new Date(ms))),
  numbers: fc.array(float, { maxLength: 3 }),
  hops: fc.array(
    fc.record({
      asn: fc.option(fc.nat(2 ** 32 - 1)),
      names: fc.array(text, { maxLength: 3 }),
      rtt: fc.option(float),
    }),
    { maxLength: 4 },
  ),
});

describe('a Parquet file', () => {
  it('has every value and null of its rows, whatever groups they are written in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(row, { maxLength: 40 }), { maxLength: 4 }), async (groups) => {
        write(FIELDS, groups);
        const rows = await read(`select * replace (epoch_ms(time) as time) from '${file}'`);
        expect(rows).toEqual(
          groups.flat().map(({ id, time, hops, ...rest }) => ({
            ...rest,
            id: String(id),
            time: time === null ? null : String(time.getTime()),
            hops: hops.map(({ asn, ...hop }) => ({ ...hop, asn: asn === null ? null : String(asn) })),
          })),
        );
      }),
      { numRuns: 60 },
    );
  });

  it.each([14, 15, 100])('can have %i groups, each with its statistics', async (count) => {
    const rowOf = (id: number): Row => ({ id, text: `text ${id}`, time: null, numbers: [], hops: [] });
    write(
      FIELDS,
      Array.from({ length: count }, (_, i) => [rowOf(2 * i), rowOf(2 * i + 1)]),
    );
    expect(await read(`select count(*) as rows, sum(id) as ids from '${file}'`)).toEqual([
      { rows: String(2 * count), ids: String(count * (2 * count - 1)) },
    ]);
    const groups = await read(
      `select row_group_id as i, stats_min_value as least, stats_max_value as most from parquet_metadata('${file}') where path_in_schema = 'id' order by all`,
    );
    expect(groups).toEqual(
      Array.from({ length: count }, (_, i) => ({ i: String(i), least: String(2 * i), most: String(2 * i + 1) })),
    );
  });

  it('names its columns when it has no row', async () => {
    write(PATH_FIELDS, []);
    expect(await read(`select count(*) as rows from '${file}'`)).toEqual([{ rows: '0' }]);
    const columns = await read(`select column_name from (describe select * from '${file}')`);
    expect(columns.map(({ column_name }) => column_name)).toEqual(PATH_FIELDS.map(({ name }) => name));
  });
});
