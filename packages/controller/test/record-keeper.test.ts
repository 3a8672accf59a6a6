import { OldRecords } from '@revtr/storage';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { RecordKeeper } from '../src/retention/record-keeper.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const RETENTION = {
  ...{ mailDays: 10, agentTestDays: 10, atlasDays: 10, atlasRunDays: 10, refusedApplicationDays: 10, probeDays: 10 },
  ...{ selfAuditDays: 10, selfAuditCountDays: 10, optOutRequestDays: 10, rankingDays: 10, aliasEvidenceDays: 10 },
};

describe('the keeper of old records', () => {
  const database = useDatabase();

  /** Stores one old and one new record of each kind, runs the keeper, and returns what is left. */
  const leftAfterRun = async (): Promise<Record<string, unknown>> => {
    const { db } = database();
    const clock = new ManualClock();
    const at = (days: number): Date => new Date(clock.now() - days * DAY_MS);
    const addUser = async (email: string, deleted_at: Date | null): Promise<number> => {
      const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
      const user = { name: '', email, role: 'user', ...limits, deleted_at } as const;
      return (await db.insertInto('users').values(user).returning('id').executeTakeFirstOrThrow()).id;
    };
    const [owner] = [await addUser('owner', null), await addUser('gone 21', at(21)), await addUser('gone 19', at(19))];
    const referred = await addUser('gone, but set a switch', at(30));
    await db
      .insertInto('kill_switches')
      .values({ scope: 'probing', subject: '', reason: 'r', set_by: referred, set_at: at(30) })
      .execute();
    for (const [i, key] of [
      { name: 'works', revoked_at: null },
      { name: 'revoked 21', revoked_at: at(21) },
      { name: 'revoked 19', revoked_at: at(19) },
      { name: 'expired 21', revoked_at: null, expires_at: at(21) },
      { name: 'expires later', revoked_at: null, expires_at: at(-1) },
      { name: 'setting, revoked 21', revoked_at: at(21), origin: 'setting' as const },
    ].entries()) {
      const hash = String(i).padStart(64, '0');
      await db
        .insertInto('api_keys')
        .values({ user_id: owner, fingerprint: `f${i}`, hash, ...key })
        .execute();
    }
    const session = { user_id: owner, key_id: null, scopes: 'read', created_at: at(3) };
    for (const [i, times] of [
      { expires_at: at(-1), last_used_at: at(0.5) },
      { expires_at: at(0.1), last_used_at: at(0.5) },
      { expires_at: at(-1), last_used_at: at(1.5) },
    ].entries())
      await db
        .insertInto('sessions')
        .values({ ...session, hash: String(i).padStart(64, '0'), ...times })
        .execute();
    const mail = { subject: 's', body: 'b' };
    for (const age of [9, 11])
      await db
        .insertInto('mails')
        .values({ ...mail, recipient: `mail ${age}`, created_at: at(age) })
        .execute();
    const agent = { kind: 'source', hostname: 'h', site: 's', user_id: null, state: 'ready' } as const;
    await db
      .insertInto('agents')
      .values({ ...agent, address: '192.0.2.1' })
      .execute();
    const test = { address: '192.0.2.1', verdict: 'passed', report: '[]' } as const;
    for (const age of [9, 11])
      await db
        .insertInto('agent_tests')
        .values({ ...test, cause: `test ${age}`, tested_at: at(age) })
        .execute();
    const run = { payer: 'system', state: 'done', details: '{}', estimated_credits: 0 } as const;
    for (const [source, cause, spent_credits, age] of [
      ['refresh 9', 'refresh', 5, 9],
      ['refresh 11', 'refresh', 5, 11],
      ['paid 11', 'new', 5, 11],
      ['free 11', 'new', 0, 11],
    ] as const)
      await db
        .insertInto('atlas_runs')
        .values({ ...run, source, cause, spent_credits, started_at: at(age), ended_at: at(age) })
        .execute();
    const path = { source: '192.0.2.1', platform: 'vantagePoint', probe: null, hops: '[]' };
    const tail = { source: '192.0.2.1', sender: '192.0.2.9', stamps: '[]' };
    for (const age of [9, 11]) {
      const place = { measured_at: at(age), id: age, origin: `192.0.2.${age}` };
      await db
        .insertInto('atlas_traceroutes')
        .values({ ...path, ...place })
        .execute();
      const ping = { measured_at: at(age), target: `192.0.2.${age}` };
      await db
        .insertInto('atlas_tails')
        .values({ ...tail, ...ping })
        .execute();
    }
    const record = { level: 'prefix', sender: '192.0.2.9', distance: 1, count: 1, ingresses: '[]' };
    const sighting = { second: '192.0.2.9', kind: 'linkEnd', count: 1 };
    for (const age of [9, 11]) {
      await db
        .insertInto('ranking_records')
        .values({ ...record, key: age, at: at(age) })
        .execute();
      await db
        .insertInto('alias_evidence')
        .values({ ...sighting, first: `192.0.2.${age}`, last_seen: at(age) })
        .execute();
    }
    const application = { hosting: 'h', name: 'n', reason: 'r', user_id: null };
    for (const [email, state, age] of [
      ['refused 9', 'refused', 9],
      ['refused 11', 'refused', 11],
      ['approved 11', 'approved', 11],
    ] as const)
      await db
        .insertInto('applications')
        .values({ ...application, address: `192.0.2.${age}`, email, state, decided_at: at(age) })
        .execute();
    const log = pino({ level: 'silent' });
    const options = { retention: RETENTION, auditDays: 20, sessionIdleMs: DAY_MS };
    await new RecordKeeper(options, { records: new OldRecords(db), clock, log }).run();
    const of = <Row>(rows: readonly Row[], name: (row: Row) => string): string[] => rows.map(name);
    return {
      users: of(await db.selectFrom('users').selectAll().orderBy('id').execute(), ({ email }) => email),
      keys: of(await db.selectFrom('api_keys').selectAll().orderBy('id').execute(), ({ name }) => name),
      sessions: (await db.selectFrom('sessions').selectAll().execute()).length,
      mails: of(await db.selectFrom('mails').selectAll().execute(), ({ recipient }) => recipient),
      tests: of(await db.selectFrom('agent_tests').selectAll().execute(), ({ cause }) => cause),
      runs: of(await db.selectFrom('atlas_runs').selectAll().orderBy('id').execute(), ({ source }) => source),
      paths: of(await db.selectFrom('atlas_traceroutes').selectAll().execute(), ({ origin }) => origin),
      tails: of(await db.selectFrom('atlas_tails').selectAll().execute(), ({ target }) => target),
      ranking: of(await db.selectFrom('ranking_records').selectAll().execute(), ({ key }) => String(key)),
      aliases: of(await db.selectFrom('alias_evidence').selectAll().execute(), ({ first }) => first),
      applications: of(await db.selectFrom('applications').selectAll().orderBy('id').execute(), ({ email }) => email),
    };
  };

  it('deletes what is too old, and keeps what other records need', async () => {
    expect(await leftAfterRun()).toEqual({
      users: ['owner', 'gone 19', 'gone, but set a switch'],
      keys: ['works', 'revoked 19', 'expires later', 'setting, revoked 21'],
      sessions: 1,
      mails: ['mail 9'],
      tests: ['test 9'],
      runs: ['refresh 9', 'paid 11'],
      paths: ['192.0.2.9'],
      tails: ['192.0.2.9'],
      ranking: ['9'],
      aliases: ['192.0.2.9'],
      applications: ['refused 9', 'approved 11'],
    });
  });

  it('looks every hour', async () => {
    const clock = new ManualClock();
    let runs = 0;
    const records = { deleteBefore: async () => void runs++ };
    const options = { retention: RETENTION, auditDays: 20, sessionIdleMs: DAY_MS };
    const keeper = new RecordKeeper(options, { records, clock, log: pino({ level: 'silent' }) });
    keeper.start();
    await clock.advance(3 * HOUR_MS);
    await keeper.stop();
    expect(runs).toBe(4);
  });
});
