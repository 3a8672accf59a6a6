import { AuditEventRecords } from '@revtr/storage';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { AuditEvents } from '../src/audit/audit-events.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const database = useDatabase();
const DAY_MS = 86_400_000;

function openEvents() {
  const clock = new ManualClock();
  const records = new AuditEventRecords(database().db);
  const events = new AuditEvents({ keepMs: 90 * DAY_MS }, { records, clock, log: pino({ level: 'silent' }) });
  return { events, records, clock };
}

describe('audit events', () => {
  it('are counted by what they are about', async () => {
    const { events } = openEvents();
    for (let i = 0; i < 5; i++) events.count({ kind: 'unknownKey', client: '192.0.2.1', detail: `attempt ${i}` });
    events.count({ kind: 'unknownKey', client: '192.0.2.2' });
    events.count({ kind: 'login', client: '192.0.2.1', userId: 3 });
    const listed = await events.list({ client: '192.0.2.1' }, 10);
    expect(listed.map(({ kind, count, user_id, detail }) => ({ kind, count, user_id, detail }))).toEqual(
      expect.arrayContaining([
        { kind: 'unknownKey', count: 5, user_id: null, detail: 'attempt 0' },
        { kind: 'login', count: 1, user_id: 3, detail: '' },
      ]),
    );
    expect(await events.list({}, 10)).toHaveLength(3);
  });

  it('are not hidden by a flood of another kind', async () => {
    const { events } = openEvents();
    for (let i = 0; i < 1_000; i++) events.count({ kind: 'unknownKey', client: `client ${i}` });
    events.count({ kind: 'login', client: '192.0.2.9', userId: 3 });
    expect(await events.list({ client: '192.0.2.9' }, 10)).toMatchObject([{ kind: 'login', user_id: 3, count: 1 }]);
  });

  it('of a flood share one count, so that few are stored', async () => {
    const { events } = openEvents();
    for (let i = 0; i < 5_000; i++) events.count({ kind: 'unknownKey', client: `client ${i}` });
    const listed = await events.list({}, 1_000);
    expect(listed).toHaveLength(201);
    expect(listed.reduce((sum, { count }) => sum + count, 0)).toBe(5_000);
  });

  it('are stored later when the database fails, and none is lost', async () => {
    const { events, records } = openEvents();
    const { add } = records;
    records.add = () => Promise.reject(new Error('no database'));
    events.count({ kind: 'login', client: 'a' });
    await expect(events.store()).rejects.toThrow('no database');
    events.count({ kind: 'login', client: 'a' });
    await expect(events.act({ userId: 1, client: 'a', subject: 's', detail: '' })).rejects.toThrow('no database');
    records.add = add;
    expect(await events.list({}, 10)).toMatchObject([{ client: 'a', count: 2 }]);
  });

  it('are stored once a minute and deleted after the retention', async () => {
    const { events, records, clock } = openEvents();
    const old = { user_id: null, client: '', subject: '', detail: '', count: 1, status: null, kind: 'login' };
    await records.add([{ ...old, at: new Date(clock.now() - 91 * DAY_MS) }]);
    events.start();
    events.count({ kind: 'login', client: 'a' });
    expect(await records.list({})).toHaveLength(1);
    await expect.poll(() => clock.sleeping).toBe(1);
    await clock.advance(60_000);
    await expect.poll(() => records.list({})).toMatchObject([{ client: 'a' }]);
    await events.stop();
  });
});
