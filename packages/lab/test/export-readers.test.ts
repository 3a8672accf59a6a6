import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DuckDBInstance, type Json } from '@duckdb/node-api';
import { type Measurement, ReverseTracerouteClient } from '@revtr/client';
import { readTraceroutes } from '@revtr/datasets';
import { formatIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

type Ended = Measurement & { readonly result: NonNullable<Measurement['result']> };

const directory = mkdtempSync(join(tmpdir(), 'revtr-exports-'));
const fileOf = (format: string): string => join(directory, format);
const HOSTILE = 'a "quoted" label, with\ncommas <&> and lines';
let system: TestSystem;
let pairs: readonly string[];
let measurements: readonly Ended[];
let sql: (query: string) => Promise<Record<string, Json>[]>;

beforeAll(async () => {
  system = await startTestSystem();
  const many = { max_per_day: 10_000, max_per_minute: 10_000, max_parallel: 10_000 };
  const client = new ReverseTracerouteClient({
    server: system.url,
    key: await addUser(system, 'reader@revtr.example', many),
  });
  // More hops than one group of rows of a Parquet file has.
  pairs = Array.from({ length: 5 }, () => system.destinations.slice(0, 350)).flat();
  // Without the atlas and assumptions, some paths are incomplete.
  const incomplete = { atlasOptions: { useAtlas: false }, symmetryOptions: { isAllowInterdomainSymmetry: false } };
  const { batchId } = await client.submit(
    pairs.map((dst, i) => ({
      ...{ src: system.source, dst, label: HOSTILE },
      ...(i % 5 === 0 && { ...incomplete, useCache: false, maxSpoofers: 1 }),
    })),
  );
  await client.wait(batchId);
  for (const format of [
    ...(['jsonl', 'archive', 'parquet', 'parquet-hops', 'csv', 'csv-hops'] as const),
    ...(['ripe-atlas', 'scamper', 'graphml-routers', 'graphml-networks'] as const),
  ])
    writeFileSync(fileOf(format), await new Response(await client.export(batchId, format)).bytes());
  measurements = linesOf('jsonl');
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run("set timezone = 'UTC'");
  sql = async (query) => (await connection.runAndReadAll(query)).getRowObjectsJson();
});
afterAll(async () => {
  await system?.stop();
  rmSync(directory, { recursive: true });
});

const linesOf = <T>(format: string): T[] =>
  readFileSync(fileOf(format), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
/** What a Python program prints as JSON. */
const python = (code: string, ...args: readonly string[]) => {
  const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', code, ...args], { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
};
const timeOf = (ms: number): string => String(Math.floor(ms));
const asPathOf = ({ result }: Ended): number[] =>
  result.hops
    .flatMap(({ asn, hiddenNetwork }) => [asn, hiddenNetwork?.asn])
    .filter((asn) => asn !== undefined)
    .filter((asn, i, all) => asn !== all[i - 1]);
const expectedHop = (hop: Ended['result']['hops'][number], i: number) => ({
  hop: String(i),
  address: hop.address,
  name: hop.name ?? null,
  asn: hop.asn === undefined ? null : String(hop.asn),
  as_name: hop.asName ?? null,
  technique: hop.technique,
  archive_type: String(hop.type),
  trust: hop.trust,
  confidence: hop.confidence,
  rtt_ms: hop.rttMs ?? null,
  reused_age_ms: hop.reusedAgeMs ?? null,
  hidden_asn: hop.hiddenNetwork === undefined ? null : String(hop.hiddenNetwork.asn),
  hidden_confidence: hop.hiddenNetwork?.confidence ?? null,
  alternatives: hop.alternatives ?? [],
  divergence: hop.divergence ?? null,
});

describe('DuckDB', () => {
  it('reads the paths of a Parquet file as the API shows them, with the same values and nulls', async () => {
    const rows = await sql(
      `select * replace (epoch_ms(started_at) as started_at) from read_parquet('${fileOf('parquet')}') order by measurement`,
    );
    expect(rows).toHaveLength(pairs.length);
    expect(measurements.some(({ result }) => result.failReason !== undefined)).toBe(true);
    for (const [i, { id, batchId, label, source, destination, result }] of measurements.entries())
      expect(rows[i]).toEqual({
        ...{ measurement: String(id), batch: String(batchId), label, source, destination, plan: result.plan },
        ...{ started_at: timeOf(result.startedAt), duration_ms: result.endedAt - result.startedAt },
        ...{ stop_reason: result.stopReason, confidence: result.confidence ?? null },
        ...{ fail_code: result.failReason?.code ?? null, fail_hop: result.failReason?.hop ?? null },
        measured_through: result.measuredThrough?.address ?? null,
        measured_through_scope: result.measuredThrough?.scope ?? null,
        oldest_reused_age_ms: result.reused?.oldestAgeMs ?? null,
        measured_hops: String(result.hops.filter(({ trust }) => trust === 'measured').length),
        inferred_hops: String(result.hops.filter(({ trust }) => trust === 'inferred').length),
        assumed_hops: String(result.hops.filter(({ trust }) => trust === 'assumed').length),
        as_path: asPathOf(measurements[i]).map(String),
        record_route_pings: String(result.stats.recordRoutePings),
        spoofed_record_route_pings: String(result.stats.spoofedRecordRoutePings),
        timestamp_pings: String(result.stats.timestampPings),
        spoofed_timestamp_pings: String(result.stats.spoofedTimestampPings),
        traceroutes: String(result.stats.traceroutes),
        hops: result.hops.map(expectedHop),
      });
  });

  it('reads the hops of a Parquet file as one table', async () => {
    const rows = await sql(
      `select * replace (epoch_ms(started_at) as started_at) from read_parquet('${fileOf('parquet-hops')}') order by measurement, hop`,
    );
    const expected = measurements.flatMap(({ id, batchId, label, source, destination, result }) =>
      result.hops.map((hop, i) => ({
        ...{ measurement: String(id), batch: String(batchId), label, source, destination },
        ...{ started_at: timeOf(result.startedAt), stop_reason: result.stopReason, ...expectedHop(hop, i) },
      })),
    );
    expect(rows).toEqual(expected);
  });

  it('finds typed columns, dictionaries, and groups of rows that were written one by one', async () => {
    const types = await sql(
      `select column_name, column_type from (describe select * from read_parquet('${fileOf('parquet')}'))`,
    );
    const schema: { name: string; type: keyof typeof DUCKDB_TYPES; mode: string }[] = JSON.parse(
      readFileSync(new URL('../../../docs/schemas/paths.json', import.meta.url), 'utf8'),
    );
    const DUCKDB_TYPES = {
      INTEGER: 'BIGINT',
      FLOAT: 'DOUBLE',
      STRING: 'VARCHAR',
      TIMESTAMP: 'TIMESTAMP WITH TIME ZONE',
    };
    expect(types.slice(0, -1)).toEqual(
      schema.slice(0, -1).map(({ name, type, mode }) => ({
        column_name: name,
        column_type: mode === 'REPEATED' ? `${DUCKDB_TYPES[type]}[]` : DUCKDB_TYPES[type],
      })),
    );
    const [{ groups, codecs, dictionaries }] = await sql(`
      select count(distinct row_group_id) as groups, list(distinct compression) as codecs,
        list(distinct path_in_schema) filter (encodings like '%DICTIONARY%') as dictionaries
      from parquet_metadata('${fileOf('parquet')}')`);
    expect(Number(groups)).toBeGreaterThan(1);
    expect(codecs).toEqual(['ZSTD']);
    for (const column of ['stop_reason', 'plan', 'hops, list, element, technique', 'hops, list, element, trust'])
      expect(dictionaries).toContain(column);
  });
});

describe('the documentation', () => {
  const page = readFileSync(new URL('../../../docs/exports.md', import.meta.url), 'utf8');
  const queries = [...page.matchAll(/```sql\n(.*?)```/gs)].map(([, query]) => query);
  const results = () =>
    Promise.all(
      queries.map((query) => sql(query.replaceAll("'paths.parquet'", `read_parquet('${fileOf('parquet')}')`))),
    );

  it('has queries that run, and count what is there', async () => {
    const [reasons, networks, techniques, flat] = await results();
    expect(queries).toHaveLength(4);
    const sum = (rows: readonly Record<string, Json>[], column: string): number =>
      rows.reduce((total, row) => total + Number(row[column]), 0);
    const hops = measurements.flatMap(({ result }) => result.hops);
    expect([sum(reasons, 'paths'), sum(techniques, 'hops')]).toEqual([measurements.length, hops.length]);
    const [{ asn, paths }] = networks;
    const passed = measurements.filter((measurement) => asPathOf(measurement).includes(Number(asn)));
    expect(Number(paths)).toBe(passed.length);
    const safe = measurements.filter(({ result }) => !result.hops.some(({ type }) => type === 12));
    expect(flat).toHaveLength(safe.flatMap(({ result }) => result.hops).length);
  });
});

describe('rows of the M-Lab archive', () => {
  it('have each field that the schema file of BigQuery has, no other, and values of its types', () => {
    const schema = JSON.parse(readFileSync(new URL('../../../docs/schemas/archive.json', import.meta.url), 'utf8'));
    for (const row of linesOf<Record<string, unknown>>('archive')) expect(faultsIn(row, schema)).toEqual([]);
    const [row] = linesOf<Record<string, unknown>>('archive');
    expect(faultsIn({ ...row, id: 'x', label: null, more: 1 }, schema)).toHaveLength(3);
  });

  it('never have the number of a measured hop for a stand-in or an assumption', () => {
    const rows = linesOf<{ revtr_hops: { hop_type: number; hop_ip: string }[] }>('archive');
    for (const [i, { revtr_hops }] of rows.entries())
      for (const [j, { hop_type, hop_ip }] of revtr_hops.entries()) {
        const { technique, address } = measurements[i].result.hops[j];
        expect(hop_ip).toBe(address);
        expect([11, 12].includes(hop_type)).toBe(/^(standIn|assumed|networkPath)/.test(technique));
      }
  });
});

interface SchemaField {
  readonly name: string;
  readonly type: string;
  readonly mode: string;
  readonly fields?: readonly SchemaField[];
}

/** What BigQuery would refuse of a row in JSON. */
function faultsIn(row: Readonly<Record<string, unknown>>, schema: readonly SchemaField[]): string[] {
  const unknown = Object.keys(row).filter((name) => !schema.some((field) => field.name === name));
  return [
    ...unknown.map((name) => `unknown ${name}`),
    ...schema.flatMap((field) => {
      const value = row[field.name];
      if (field.mode === 'REPEATED')
        return Array.isArray(value) ? value.flatMap((each) => faultsOf(each, field)) : [`${field.name} is no list`];
      if (value === null) return field.mode === 'NULLABLE' ? [] : [`${field.name} is null`];
      return faultsOf(value, field);
    }),
  ];
}

function faultsOf(value: unknown, { name, type, fields = [] }: SchemaField): string[] {
  if (type === 'RECORD') return faultsIn(Object(value), fields);
  const isRight = type === 'INTEGER' ? Number.isSafeInteger(value) : type === 'STRING' && typeof value === 'string';
  return isRight ? [] : [`${name} is not ${type}`];
}

describe('Python', () => {
  it('reads the tables with pandas: the same rows, and missing values where nothing is known', () => {
    const counts = python(
      'import pandas,json,sys\n' +
        'p=pandas.read_csv(sys.argv[1]); h=pandas.read_csv(sys.argv[2])\n' +
        'print(json.dumps([len(p), sorted(set(p.label)), int(p.fail_code.isna().sum()), int(p.hops.sum()), len(h), ' +
        'int(h.asn.isna().sum()), int(h.hidden_asn.notna().sum()), p.as_path.fillna("").astype(str).tolist()]))',
      fileOf('csv'),
      fileOf('csv-hops'),
    );
    const hops = measurements.flatMap(({ result }) => result.hops);
    expect(counts).toEqual([
      measurements.length,
      [HOSTILE],
      measurements.filter(({ result }) => result.failReason === undefined).length,
      hops.length,
      hops.length,
      hops.filter(({ asn }) => asn === undefined).length,
      hops.filter(({ hiddenNetwork }) => hiddenNetwork !== undefined).length,
      measurements.map((measurement) => asPathOf(measurement).join(' ')),
    ]);
  });

  it('reads the graphs with networkx: the nodes and edges of all paths', () => {
    const read =
      'import networkx,json,sys\ng=networkx.read_graphml(sys.argv[1])\n' +
      'print(json.dumps([type(g).__name__, sorted(g.nodes), sorted([a,b,d["paths"]] for a,b,d in g.edges(data=True))]))';
    const counted = (paths: readonly (readonly string[])[]) => {
      const edges = new Map<string, number>();
      for (const path of paths)
        for (const [i, to] of path.entries()) {
          const key = `${path[i - 1]} ${to}`;
          if (i > 0 && path[i - 1] !== to) edges.set(key, (edges.get(key) ?? 0) + 1);
        }
      return [...edges].map(([key, count]) => [...key.split(' '), count]).toSorted();
    };
    for (const [format, paths] of [
      ['graphml-routers', measurements.map(({ result }) => result.hops.map(({ address }) => address))],
      ['graphml-networks', measurements.map((measurement) => asPathOf(measurement).map((asn) => `AS${asn}`))],
    ] as const) {
      const [type, nodes, edges] = python(read, fileOf(format));
      expect(type).toBe('DiGraph');
      expect(nodes).toEqual([...new Set(paths.flat())].toSorted());
      expect(edges.toSorted()).toEqual(counted(paths));
    }
  });
});

describe('readers of traceroutes', () => {
  it.each(['ripe-atlas', 'scamper'])('find the paths that reach the source in %s', async (format) => {
    const found: (readonly [string, string, (string | undefined)[]])[] = [];
    // The form is that of a traceroute, but the name says that it is none.
    const text = readFileSync(fileOf(format), 'utf8').replaceAll('"reverse-traceroute"', '"traceroute"');
    for await (const { traceroute } of readTraceroutes(Readable.from([Buffer.from(text)]), { wants: () => true }))
      if (traceroute !== undefined)
        found.push([
          formatIpv4(traceroute.origin),
          formatIpv4(traceroute.target),
          traceroute.hops.map((hop) => (hop === undefined ? undefined : formatIpv4(hop))),
        ]);
    const reached = measurements.filter(({ result }) => result.stopReason === 'reaches');
    expect(found).toEqual(
      reached.map(({ source, destination, result }) => [
        destination,
        source,
        result.hops.map(({ address }) => address),
      ]),
    );
  });

  it.each(['ripe-atlas', 'scamper'])('do not take a path in %s for a traceroute', async (format) => {
    const content = Readable.from([readFileSync(fileOf(format))]);
    for await (const { traceroute } of readTraceroutes(content, { wants: () => true }))
      expect(traceroute).toBeUndefined();
  });

  it('find the fields of sc_warts2json with the types that it writes', () => {
    const written = readFileSync(new URL('../../scamper/test/fixtures/trace.jsonl', import.meta.url), 'utf8')
      .split('\n')
      .find((line) => line.includes('"type":"trace"'));
    const own = ['trust', 'confidence', 'technique'];
    const typesOf = (record: object): string[] =>
      Object.entries(record).flatMap(([name, value]) =>
        own.includes(name) ? [] : Array.isArray(value) ? typesOf(value[0]) : [`${name}: ${typeof value}`],
      );
    const known = typesOf(JSON.parse(written ?? ''));
    for (const trace of linesOf<object>('scamper'))
      expect(typesOf(trace).filter((type) => !known.includes(type))).toEqual([]);
  });
});
