import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Batches,
  type Database,
  generateToken,
  Jobs,
  openDatabase,
  Publications,
  StorageError,
  Users,
} from '../src/index.ts';
import { addSyntheticResults } from '../src/synthetic-results.ts';
import { ColdWorld, dayAt } from './cold-world.ts';

const NOW = new Date('2026-01-01T12:00:00Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const LIMITS = { max_per_day: 100, max_parallel: 100, max_per_minute: 100 };

describe('publications', () => {
  let database: Database;
  let publications: Publications;
  let users = 0;
  beforeAll(async () => {
    database = await openDatabase({ kind: 'memory' });
    publications = new Publications(database.db);
  });
  afterAll(() => database?.close());

  /** A new user with three measurements under way. */
  async function newMeasurements() {
    const { db } = database;
    const email = `u${users++}@example.org`;
    const user = await new Users(db).ensure({ name: 'U', email, role: 'user', ...LIMITS });
    const pair = { source: '192.0.2.1', destination: '198.51.100.1', label: '', options: {} };
    for (let i = 0; i < 3; i++) await new Batches(db).accept(user, [pair], later(i));
    const jobs = new Jobs(db);
    const leased = await jobs.lease('me', 10, NOW, later(60));
    return {
      userId: user.id,
      ids: leased.map(({ id }) => id).sort((a, b) => a - b),
      end: (id: number, result: unknown) => jobs.finish('me', [{ id, result }], later(30)),
    };
  }

  it('keep their token until they are removed, and never use it again', async () => {
    const { ids, userId } = await newMeasurements();
    const id = ids[0];
    const measured = { id, user_id: userId };
    const [first, second, third] = [generateToken(), generateToken(), generateToken()];
    expect(await publications.publish(measured, first, NOW)).toEqual({
      measurement_id: id,
      user_id: userId,
      token: first,
      published_at: NOW,
    });
    expect(await publications.publish(measured, second, later(9))).toMatchObject({ token: first, published_at: NOW });
    expect(await publications.measurementBy(first)).toMatchObject({ id, source: '192.0.2.1', published_at: NOW });
    expect(await publications.measurementBy(second)).toBeUndefined();
    expect([await publications.remove(id), await publications.remove(id)]).toEqual([true, false]);
    expect([await publications.find(id), await publications.measurementBy(first)]).toEqual([undefined, undefined]);
    await publications.publish(measured, third, later(10));
    expect(await publications.measurementBy(first)).toBeUndefined();
    expect((await publications.find(id))?.token).toBe(third);
  });

  it('take no other text for a token', async () => {
    const { ids, userId } = await newMeasurements();
    const id = ids[0];
    const measured = { id, user_id: userId };
    await publications.publish(measured, generateToken(), NOW);
    await expect(publications.measurementBy('a\0b')).rejects.toBeInstanceOf(StorageError);
    expect(await publications.measurementBy("' or true --")).toBeUndefined();
  });

  it('list the results that ended, the latest first', async () => {
    const {
      userId,
      ids: [first, , third],
      end,
    } = await newMeasurements();
    await end(first, {
      stopReason: 'reaches',
      hops: [{ asn: 64500, hiddenNetwork: { asn: 64510, confidence: 0.7 } }, {}, { asn: 64501 }],
    });
    await end(third, { stopReason: 'failed', hops: [] });
    const recent = await publications.recentOf(userId, 10);
    expect(recent.map(({ id, stop_reason, asns }) => ({ id, stop_reason, asns }))).toEqual([
      { id: third, stop_reason: 'failed', asns: [] },
      { id: first, stop_reason: 'reaches', asns: [64500, 64510, 64501] },
    ]);
    expect((await publications.recentOf(userId, 1)).map(({ id }) => id)).toEqual([third]);
    expect(await publications.recentOf(userId + 1, 10)).toEqual([]);
  });

  it('list what they find in a part of the files where a user has few results among many others', async () => {
    const world = await ColdWorld.open({ kind: 'memory' });
    try {
      const users = [await world.user('few@revtr.example'), await world.user('many@revtr.example')] as const;
      const { db } = world.database;
      await addSyntheticResults(db, { users: [users[0].id, users[1].id], count: 10_500, days: 1, from: dayAt(0) });
      // One of 500 results, and so one in each group.
      await sql`update results set user_id = ${users[1].id}`.execute(db);
      await sql`update results set user_id = ${users[0].id} where id % 500 = 0`.execute(db);
      const before = await world.publications.recentOf(users[0].id, 100);
      expect(before).toHaveLength(21);
      expect(await world.move(3)).toBe(1);
      expect(await world.publications.recentOf(users[0].id, 100)).toEqual(before.slice(0, 20));
      expect(await world.publications.recentOf(users[0].id, 10)).toEqual(before.slice(0, 10));
    } finally {
      await world.close();
    }
  });
});
