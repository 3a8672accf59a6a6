import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addUser, startTestSystem, type TestSystem } from './system.ts';

const PROGRAM = join(import.meta.dirname, '../../cli/src/main.ts');
const LIMITS = { max_per_day: 100_000, max_per_minute: 100_000, max_parallel: 80 };
const HOSTILE = 'a "quoted" label, with\ncommas <&> and lines';

let system: TestSystem;
let client: ReverseTracerouteClient;
let environment: Record<string, string>;
const directory = mkdtempSync(join(tmpdir(), 'revtr-campaign-'));
beforeAll(async () => {
  system = await startTestSystem();
  const key = await addUser(system, 'campaign@revtr.example', LIMITS);
  client = new ReverseTracerouteClient({ server: system.url, key });
  environment = { REVTR_SERVER: system.url, REVTR_KEY: key, HOME: directory, PATH: process.env.PATH ?? '' };
});
afterAll(async () => {
  await system?.stop();
  rmSync(directory, { recursive: true });
});

const revtr = (...args: string[]): ChildProcess =>
  spawn(process.execPath, [PROGRAM, ...args], { env: environment, stdio: ['ignore', 'ignore', 'pipe'] });
/** The exit code of a program, and what it says on standard error. */
async function endOf(child: ChildProcess): Promise<{ code: number | null; err: string }> {
  let err = '';
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, err };
}
const rowsOf = (text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a campaign', () => {
  const [pairs, out] = [join(directory, 'pairs.txt'), join(directory, 'out.jsonl')];
  const journal = `${out}.journal`;
  const campaign = () => revtr('batch', pairs, '--to', system.source, '--out', out);

  it('measures each pair once and has it in its output once, though its process is killed', async () => {
    const destinations = system.destinations.slice(0, 300);
    const lines = [...destinations, '10.0.0.1', '# a comment', '', '192.168.7.7'];
    writeFileSync(pairs, `${lines.join('\n')}\n`);
    for (const step of ['key', 'batchId', 'writtenTo']) {
      const before = existsSync(journal) ? statSync(journal).size : 0;
      const hasStep = () => existsSync(journal) && readFileSync(journal).subarray(before).includes(step);
      const killed = campaign();
      const end = endOf(killed);
      let isOver = false;
      void end.then(() => {
        isOver = true;
      });
      // How long a program takes to start depends on the load of the machine: only its end ends the wait.
      while (!isOver && !hasStep()) await sleep(2);
      killed.kill('SIGKILL');
      expect(await end).toEqual({ code: null, err: '' });
    }
    const { code, err } = await endOf(campaign());
    const rows = rowsOf(readFileSync(out, 'utf8'));
    expect(rows.map(({ destination }) => destination).toSorted()).toEqual(
      [...destinations, '10.0.0.1', '192.168.7.7'].toSorted(),
    );
    expect(rows.filter(({ state }) => state === 'rejected').map(({ code }) => code)).toHaveLength(2);
    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining(`${destinations.length + 2} pairs`) });
    const batches = await client.batches();
    expect(batches.reduce((sum, { total }) => sum + total, 0)).toBe(destinations.length);
    expect(batches.every(({ total }) => total <= LIMITS.max_parallel)).toBe(true);
  }, 600_000);

  it('changes nothing when it is run again, and repairs an output that was cut behind the last complete batch', async () => {
    const before = readFileSync(out, 'utf8');
    writeFileSync(out, `${before}{"half of a l`);
    const batches = await client.batches();
    expect(await endOf(campaign())).toMatchObject({ code: 1 });
    expect(readFileSync(out, 'utf8')).toBe(before);
    expect(await client.batches()).toEqual(batches);
  });

  it('refuses to go on with another file, or with an output that lost results', async () => {
    const messages = async (): Promise<string> => {
      const { code, err } = await endOf(campaign());
      expect(code).toBe(2);
      return err;
    };
    truncateSync(out, 10);
    expect(await messages()).toMatch(/it has 10 bytes, and the campaign has written \d+/);
    writeFileSync(pairs, '192.0.2.1\n', { flag: 'a' });
    expect(await messages()).toContain('it belongs to a campaign with another sha256');
  });
});

describe('the results of a batch that runs', () => {
  it('can be read as they arrive: all of them once, in the order of the batch', async () => {
    const dsts = system.destinations.slice(0, 80);
    const { batchId } = await client.submit(dsts.map((dst) => ({ src: system.source, dst, useCache: false })));
    const read: string[] = [];
    for (let after = 0; read.length < dsts.length; await sleep(1)) {
      for await (const { measurement } of client.resultLines(batchId, { after })) {
        read.push(measurement.destination);
        after = measurement.id;
      }
    }
    expect(read).toEqual(dsts);
  });
});

describe('exports of a batch', () => {
  const files = new Map<string, string>();
  let batchId = 0;
  const read = async (format: Parameters<ReverseTracerouteClient['export']>[1]): Promise<string> => {
    const path = join(directory, `export.${format}`);
    const child = revtr('export', String(batchId), '--format', format, '--out', path);
    expect(await once(child, 'close')).toEqual([0, null]);
    files.set(format, path);
    return readFileSync(path, 'utf8');
  };
  /** What Python prints that reads a file as `data`. */
  const python = (code: string, path: string): unknown => {
    const { stdout, stderr } = spawnSync('/usr/bin/python3', ['-c', code, path], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  };
  beforeAll(async () => {
    const dsts = system.destinations.slice(0, 40);
    ({ batchId } = await client.submit(dsts.map((dst) => ({ src: system.source, dst, label: HOSTILE }))));
    await client.wait(batchId);
  });

  it('have all measurements of the batch in each format', async () => {
    const { measurements } = await client.batch(batchId);
    const hops = measurements.flatMap(({ result }) => result?.hops ?? []);
    expect(rowsOf(await read('jsonl'))).toEqual(JSON.parse(JSON.stringify(measurements)));
    const rows = rowsOf(await read('archive'));
    expect(rows.map(({ dst, label }) => [dst, label])).toEqual(
      measurements.map(({ destination }) => [destination, HOSTILE]),
    );
    expect(rows.flatMap(({ revtr_hops }) => revtr_hops).map(({ hop_ip, hop_type }) => [hop_ip, hop_type])).toEqual(
      hops.map(({ address, type }) => [address, type]),
    );
    const addressesOf = (path: { result: { result: { from: string }[] }[] }) =>
      path.result.flatMap(({ result }) => result);
    expect(rowsOf(await read('ripe-atlas')).flatMap(addressesOf)).toHaveLength(hops.length);
    expect(rowsOf(await read('scamper')).flatMap((trace) => trace.hops)).toHaveLength(hops.length);
    const table = 'import csv,json,sys; print(json.dumps(list(csv.DictReader(open(sys.argv[1],newline="")))))';
    await read('csv');
    expect(python(table, files.get('csv') ?? '')).toEqual(
      measurements.map(({ id, destination, result }) =>
        expect.objectContaining({
          ...{ measurement: String(id), destination, label: HOSTILE, stop_reason: result?.stopReason },
          addresses: result?.hops.map(({ address }) => address).join(' '),
        }),
      ),
    );
    await read('csv-hops');
    expect(python(table, files.get('csv-hops') ?? '')).toEqual(
      hops.map(({ address, technique }) => expect.objectContaining({ address, technique })),
    );
  });

  it('have the routers and the networks of all paths as graphs', async () => {
    const { measurements } = await client.batch(batchId);
    const graph =
      'import json,sys,xml.etree.ElementTree as t; g=t.parse(sys.argv[1]).getroot()[-1]; ' +
      'print(json.dumps([[e.tag.split("}")[1]]+list(e.attrib.values())+[d.text for d in e] for e in g]))';
    await read('graphml-routers');
    const elements = python(graph, files.get('graphml-routers') ?? '') as string[][];
    const addresses = measurements.flatMap(({ result }) => result?.hops.map(({ address }) => address) ?? []);
    const nodes = elements.filter(([tag]) => tag === 'node').map(([, id]) => id);
    expect(nodes.toSorted()).toEqual([...new Set(addresses)].toSorted());
    const passes = measurements.flatMap(
      ({ result }) => result?.hops.slice(1).map(({ address }, i) => `${result.hops[i].address} ${address}`) ?? [],
    );
    const edges = elements.filter(([tag]) => tag === 'edge');
    for (const [, from, to, paths] of edges)
      expect(Number(paths)).toBe(passes.filter((pass) => pass === `${from} ${to}`).length);
    expect(edges).toHaveLength(new Set(passes).size);
    expect(await read('graphml-networks')).toContain('<node id="AS');
  });

  it('are shown to nobody else, and end with the connection of a client that leaves', async () => {
    const other = await addUser(system, 'other@revtr.example');
    const stranger = new ReverseTracerouteClient({ server: system.url, key: other });
    await expect(stranger.export(batchId, 'jsonl')).rejects.toMatchObject({ code: 'notFound' });
    for (let i = 0; i < 20; i++) await (await client.export(batchId, 'jsonl')).cancel();
    await expect.poll(() => client.export(batchId, 'csv').then((file) => file.cancel())).toBeUndefined();
  });
});

describe('a batch', () => {
  it('can be cancelled: every measurement ends, and the others go on', async () => {
    const slow = system.destinations.slice(0, 80).map((dst) => ({ src: system.source, dst, useCache: false }));
    const { batchId } = await client.submit(slow);
    const { total, cancelled } = await client.cancel(batchId);
    const { measurements } = await client.wait(batchId);
    expect(total).toBe(80);
    const reasons = measurements.map(({ result }) => result?.failReason?.code);
    expect(reasons.filter((code) => code === 'batchCancelled').length).toBeGreaterThanOrEqual(cancelled);
    expect((await client.batches({ limit: 1 }))[0]).toMatchObject({ id: batchId, done: 80 });
    expect((await client.batches({ limit: 1 }))[0].cancelledAt).toBeDefined();
    expect(await client.cancel(batchId)).toMatchObject({ cancelled: 0, done: 80 });
    const other = new ReverseTracerouteClient({
      server: system.url,
      key: await addUser(system, 'other@revtr.example'),
    });
    await expect(other.cancel(batchId)).rejects.toMatchObject({ code: 'notFound' });
  });

  it('that has ended keeps its state when it is cancelled, and the command line says so', async () => {
    const { batchId } = await client.submit([{ src: system.source, dst: system.destinations[0] }]);
    await client.wait(batchId);
    expect(await client.cancel(batchId)).toEqual({ id: batchId, total: 1, done: 1, cancelled: 0 });
    const [batch] = await client.batches({ limit: 1 });
    expect(batch).toMatchObject({ id: batchId, done: 1 });
    expect(batch).not.toHaveProperty('cancelledAt');
  });
});
