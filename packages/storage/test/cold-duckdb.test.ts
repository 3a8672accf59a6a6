import { join } from 'node:path';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decodeRecord, type MeasurementRow, type User } from '../src/index.ts';
import { directoryPlace } from './cold-places.ts';
import { ColdWorld } from './cold-world.ts';

const place = directoryPlace();
const directory = 'directory' in place.name ? place.name.directory : '';
let world: ColdWorld;
let user: User;
let before: readonly MeasurementRow[];
let sql: (query: string) => Promise<Record<string, Json>[]>;

beforeAll(async () => {
  world = await ColdWorld.open({ kind: 'memory' }, place);
  user = await world.user('reader@revtr.example');
  const batches = [await world.measure(user, 0, 'a "quoted" label'), await world.measure(user, 0)];
  await world.batches.noteForwardTraceroute(user.id, (await world.batches.endedIn(batches[0]))[3], 12);
  before = (await Promise.all(batches.map((id) => world.batches.measurementsOf(id)))).flat();
  expect(await world.move(3)).toBe(1);
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run("set timezone = 'UTC'");
  sql = async (query) => (await connection.runAndReadAll(query)).getRowObjectsJson();
});
afterAll(() => world?.close());

const files = (): string => `read_parquet('${join(directory, '*/*/*/*.parquet')}')`;

it('DuckDB reads cold results with all their columns', async () => {
  const rows = await sql(`
    select * exclude (record) replace (epoch_ms(created_at) as created_at, epoch_ms(ended_at) as ended_at),
      hex(record) as record
    from ${files()} order by measurement`);
  expect(rows).toHaveLength(before.length);
  for (const [i, { record, networks, ...row }] of rows.entries()) {
    const { id, result, options, forward_traceroute_id, created_at, ended_at, ...known } = before[i];
    expect(row).toEqual({
      ...{ measurement: String(id), batch: String(known.batch_id), user_id: String(user.id) },
      ...{ source: known.source, destination: known.destination, label: known.label },
      ...{ created_at: String(created_at.getTime()), ended_at: String(ended_at?.getTime()) },
      stop_reason: Object(result).stopReason,
      options: options === null ? null : JSON.stringify(options),
      forward_traceroute: forward_traceroute_id === null ? null : String(forward_traceroute_id),
    });
    expect(decodeRecord(Buffer.from(String(record), 'hex'))).toEqual(result);
    const asns = Object(result).hops.map(({ asn }: { readonly asn: number }) => String(asn));
    expect(networks).toEqual([...new Set(asns)]);
  }
});

it('DuckDB finds sorted groups, typed columns and filters that rule groups out', async () => {
  const types = await sql(`select column_name, column_type from (describe select * from ${files()})`);
  expect(Object.fromEntries(types.map((row) => [row.column_name, row.column_type]))).toMatchObject({
    ...{ measurement: 'BIGINT', source: 'VARCHAR', created_at: 'TIMESTAMP WITH TIME ZONE', networks: 'BIGINT[]' },
    ...{ record: 'BLOB', forward_traceroute: 'BIGINT' },
  });
  const groups = await sql(`
    select stats_min_value::bigint as first, stats_max_value::bigint as last, compression
    from parquet_metadata('${join(directory, '*/*/*/*.parquet')}')
    where path_in_schema = 'measurement' order by first`);
  expect(groups.map(({ compression }) => compression)).toEqual(['ZSTD', 'ZSTD']);
  expect(Number(groups[0].last)).toBeLessThan(Number(groups[1].first));
  const [path] = (await world.paths()).toSorted();
  const excluding = async (column: string, value: string): Promise<number> => {
    const [{ excluded }] = await sql(`
      select count(*) filter (bloom_filter_excludes) as excluded
      from parquet_bloom_probe('${join(directory, path)}', '${column}', ${value})`);
    return Number(excluded);
  };
  expect(await excluding('destination', "'9.9.9.9'")).toBe(1);
  expect([await excluding('user_id', `${user.id}`), await excluding('user_id', `${user.id + 1}`)]).toEqual([0, 1]);
});
