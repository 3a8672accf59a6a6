import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LostConnections } from '../src/access/lost-connections.ts';
import { postgresPool } from '../src/access/postgres-pool.ts';
import { type Database, openDatabase, parseDatabaseSettings, StorageError } from '../src/index.ts';
import { findPostgres, startPostgres } from './postgres-server.ts';
import { queryPostgres } from './query-postgres.ts';
import { SilentRelay } from './silent-relay.ts';

describe.skipIf(findPostgres() === undefined)('connections to PostgreSQL', () => {
  let server: Awaited<ReturnType<typeof startPostgres>>;
  let relay: SilentRelay;
  let relayed: string;
  let database: Database;
  let direct: Database;

  beforeAll(async () => {
    server = await startPostgres();
    const url = new URL(server.url);
    relay = new SilentRelay(Number(url.port));
    url.port = String(await relay.listen());
    direct = await openDatabase(parseDatabaseSettings(server.url));
    relayed = url.href;
    database = await openDatabase(parseDatabaseSettings(relayed));
  });
  afterAll(async () => {
    await database?.close();
    await direct?.close();
    relay?.close();
    await server?.stop();
  });

  it('may end between two statements of a transaction: the transaction fails, and the process goes on', async () => {
    const transaction = database.db.transaction().execute(async (db) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
      await sql`select pg_terminate_backend(${rows[0].pid})`.execute(direct.db);
      // The message of the server arrives while no statement waits for an answer.
      await sleep(200);
      await sql`select 1`.execute(db);
    });
    await expect(transaction).rejects.toThrow(StorageError);
    await database.ping();
  });

  it('are refused to a database that cannot store all text', async () => {
    await queryPostgres(server.url, "create database ascii encoding 'SQL_ASCII' locale 'C' template template0");
    const url = new URL(server.url);
    url.pathname = '/ascii';
    await expect(openDatabase(parseDatabaseSettings(url.href))).rejects.toMatchObject({ code: 'notUtf8' });
    const [{ tables }] = await queryPostgres(
      url.href,
      "select count(*)::int as tables from pg_tables where schemaname = 'public'",
    );
    expect(tables).toBe(0);
  });

  it('end in time when their server has gone silently, and new ones work', async () => {
    const pool = postgresPool({ url: relayed, suspiciousMs: 1_500 });
    const lost = await pool.connect();
    await lost.query('select 1', []);
    relay.silence();
    const slow = await pool.connect();
    try {
      const answer = slow.query('select pg_sleep(3)', []);
      await expect(lost.query('select 1', [])).rejects.toThrow('Connection terminated');
      // The server works for this one: it is slow, but not lost.
      await expect(answer).resolves.toBeDefined();
    } finally {
      lost.release(true);
      slow.release();
      await pool.end();
    }
  }, 30_000);

  it('do not end when they have been returned and are in use again while the server is asked about them', async () => {
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => void client.on('error', () => undefined));
    const isOver = Promise.withResolvers<void>();
    const again = Promise.withResolvers<pg.PoolClient>();
    let first: pg.PoolClient | undefined;
    const lost = new LostConnections(
      { suspiciousMs: 200 },
      {
        pool,
        connect: () => {
          const client = new pg.Client({ connectionString: server.url });
          first?.release();
          first = undefined;
          again.resolve(pool.connect());
          client.once('end', () => isOver.resolve());
          return client;
        },
      },
    );
    first = await pool.connect();
    const used = await again.promise;
    await isOver.promise;
    lost.stop();
    // What would end the connection runs after the answer of the server.
    await sleep(50);
    await expect(used.query('select 1')).resolves.toBeDefined();
    used.release();
    await pool.end();
  }, 30_000);
});
