import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClientError, type Measurement, ReverseTracerouteClient } from '@revtr/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalCluster, startCluster } from '../src/cluster/cluster.ts';
import { countEndings, wrongEndings } from '../src/cluster/endings.ts';
import { separateProcesses } from '../src/cluster/process-layout.ts';
import { psql } from '../src/cluster/psql.ts';
import { processOf, submitPairs } from './cluster.ts';

const SOURCES = 3;
const IN_BATCH = 60;
/** The processes of the controller, in the order in which they start. */
const CONTROLLER = ['gateway1', 'engine1', 'atlas1', 'mail1', 'api1'];

describe('a backup of PostgreSQL and of the files of the controller', () => {
  let cluster: LocalCluster;
  let client: ReverseTracerouteClient;
  const backup = mkdtempSync(join(tmpdir(), 'revtr-backup-'));
  const dump = join(backup, 'revtr.dump');
  beforeAll(async () => {
    cluster = await startCluster({
      ...{ prefix: 'rclb', size: 'small', seed: 4, sources: SOURCES, vantagePoints: 8, layout: separateProcesses(1) },
    });
    client = new ReverseTracerouteClient({ server: cluster.apis[0], key: cluster.key });
  }, 300_000);
  afterAll(async () => {
    await cluster?.stop();
    rmSync(backup, { recursive: true });
  });

  const process = (name: string) => processOf(cluster, name);
  const host = () => new URL(cluster.database).searchParams.get('host') ?? '';
  const run = (command: string, ...args: string[]): string =>
    execFileSync(command, ['-h', host(), '-U', 'revtr', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    });
  const submit = (count: number, purpose: string) => submitPairs(cluster, client, count, purpose);
  const isDone = ({ state }: Measurement): boolean => state === 'done';
  it('is made under load, and has every batch that was acknowledged; restored elsewhere, each pair ends once and the agents connect', async () => {
    await countEndings(cluster.database);
    const ended = await submit(6, 'ended');
    await client.wait(ended);
    const underWay = await submit(IN_BATCH, 'under way');
    await expect.poll(async () => (await client.batch(underWay)).done, { timeout: 60_000 }).toBeGreaterThan(3);
    const before = [ended, underWay];

    // As docs/backup.md says.
    run('pg_dump', '--format=custom', `--file=${dump}`, 'postgres');
    cpSync(join(cluster.directory, 'authority'), join(backup, 'authority'), { recursive: true });
    const later = await submit(5, 'after the backup');
    const known = (await client.batch(ended)).measurements;

    // The machine is lost, except for the clients and the agents.
    for (const name of CONTROLLER.toReversed()) await process(name).kill();
    rmSync(join(cluster.directory, 'authority'), { recursive: true });
    run('psql', '-q', '-d', 'template1', '-c', 'drop database postgres with (force)', '-c', 'create database postgres');
    run('pg_restore', '--exit-on-error', '--dbname=postgres', dump);
    cpSync(join(backup, 'authority'), join(cluster.directory, 'authority'), { recursive: true });
    const count = async (table: string): Promise<number> =>
      Number((await psql(cluster.database, `select count(*) from ${table} where batch_id = ${underWay};`))[0]);
    expect(await count('results')).toBeGreaterThan(0);
    expect(await count('measurements')).toBeGreaterThan(0);
    for (const name of CONTROLLER) process(name).start();

    await expect
      .poll(
        () =>
          client.fleet.agents().then(
            (all) => all.filter(({ connected }) => connected).length,
            () => 0,
          ),
        {
          timeout: 120_000,
        },
      )
      .toBe(SOURCES + 8);
    for (const batchId of before) {
      const { measurements } = await client.wait(batchId);
      expect(measurements).toHaveLength(batchId === ended ? 6 : IN_BATCH);
      expect(measurements.every(isDone)).toBe(true);
    }
    expect((await client.batch(ended)).measurements).toEqual(known);
    expect(await wrongEndings(cluster.database)).toEqual([]);
    await expect(client.batch(later)).rejects.toThrow(ClientError);
    const again = await client.wait(await submit(5, 'after the restoration'));
    expect(again.measurements.every(isDone)).toBe(true);
  }, 300_000);
});
