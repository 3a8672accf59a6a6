import { Users, WatchAlerts, Watches, WatchHistory, type WatchRow } from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { testAlert } from '../src/watches/alerts/alert.ts';
import { AlertDispatcher } from '../src/watches/alerts/dispatcher.ts';
import { WebhookError } from '../src/watches/webhooks/errors.ts';
import type { WebhookMessage } from '../src/watches/webhooks/sender.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const HOUR_MS = 3_600_000;

describe('AlertDispatcher', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let begin: number;
  let watch: WatchRow;
  let alerts: WatchAlerts;
  let watches: Watches;
  let dispatcher: AlertDispatcher;
  let sent: { readonly message: WebhookMessage; readonly at: number }[];
  let mails: { readonly recipient: string; readonly subject: string }[];
  /** What a webhook answers. */
  let answer: (signal: AbortSignal) => number | Promise<number>;
  beforeEach(async () => {
    clock = new ManualClock();
    begin = clock.now();
    [sent, mails] = [[], []];
    answer = () => 200;
    const { db } = database();
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    const user = await new Users(db).ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...limits });
    watches = new Watches(db);
    const created = await watches.create(
      {
        ...{ user_id: user.id, key_id: null, name: 'office', source: '9.0.0.1', destination: '6.0.0.9' },
        ...{ intervalSeconds: 86_400, alertOn: [], alertMail: true },
        webhook: { url: 'https://hooks.example/', secret: 'whsec_AAAA' },
      },
      { most: 1, runsPerDay: 10 },
      new Date(begin),
    );
    if (typeof created === 'string') throw new Error(created);
    watch = created;
    alerts = new WatchAlerts(db);
    dispatcher = new AlertDispatcher({
      ...{ alerts, watches, users: new Users(db), clock },
      sender: {
        send: async (message, signal) => {
          sent.push({ message, at: clock.now() - begin });
          return answer(signal);
        },
      },
      mail: async (recipient, { subject }) => {
        mails.push({ recipient, subject });
      },
      pageOf: () => undefined,
      random: () => 0,
      log: pino({ level: 'silent' }),
    });
  });
  afterEach(() => dispatcher.stop());

  const message = (channel: 'mail' | 'webhook', messageId: string) => ({
    ...{ channel, messageId, type: 'watch.changed', subject: 'changed', body: '{}' },
  });
  const add = (...messages: readonly ReturnType<typeof message>[]) =>
    alerts.add(watch.id, messages, new Date(clock.now()));
  const stored = async () => (await new WatchHistory(database().db).alerts(watch.id, { limit: 100 })).reverse();
  const idle = async (): Promise<void> => {
    await vi.waitFor(() => expect(clock.sleeping).toBe(1), { interval: 1, timeout: 60_000 });
  };
  const pass = async (milliseconds: number, step: number): Promise<void> => {
    await idle();
    for (const end = clock.now() + milliseconds; clock.now() < end; ) {
      await clock.advance(step);
      await idle();
    }
  };

  it('delivers by mail and webhook', async () => {
    await add(message('mail', 'msg_1'), message('webhook', 'msg_2'));
    dispatcher.start();
    await pass(4_000, 2_000);
    expect(mails).toEqual([{ recipient: 'u@revtr.example', subject: 'changed' }]);
    expect(sent.map(({ message: { id, url, secret } }) => [id, url, secret])).toEqual([
      ['msg_2', 'https://hooks.example/', 'whsec_AAAA'],
    ]);
    expect((await stored()).map(({ state, attempts, status }) => [state, attempts, status])).toEqual([
      ['delivered', 1, null],
      ['delivered', 1, 200],
    ]);
  });

  it('tries again with the same id and longer pauses, and then disables the webhook with a mail', async () => {
    answer = () => {
      throw new WebhookError('unreachable', 'the request failed: ECONNREFUSED', { reason: 'ECONNREFUSED' });
    };
    await add(message('webhook', 'msg_1'));
    dispatcher.start();
    await pass(30_000, 1_000);
    await pass(33 * HOUR_MS, 60_000);
    const minutes = sent.map(({ at }) => Math.round(at / 60_000));
    const expected = [0, 0, 5, 35, 155, 455, 1_055, 1_895];
    expect(minutes).toHaveLength(expected.length);
    for (const [i, minute] of minutes.entries()) expect(Math.abs(minute - expected[i])).toBeLessThanOrEqual(i);
    expect(new Set(sent.map(({ message: { id } }) => id))).toEqual(new Set(['msg_1']));
    expect((await stored())[0]).toMatchObject({
      state: 'dead',
      attempts: 8,
      error: 'the request failed: ECONNREFUSED',
    });
    expect((await watches.find(watch.id))?.webhook_disabled_at).not.toBeNull();
    expect(mails.map(({ subject }) => subject)).toEqual(['Reverse Traceroute: office: the webhook is disabled']);
    await add(message('webhook', 'msg_2'));
    await pass(10_000, 2_000);
    expect(sent).toHaveLength(8);
    expect((await stored()).at(-1)).toMatchObject({ state: 'dead', error: 'the webhook is disabled' });
  });

  it('does not count a delivery that its stop has ended, not even as the last attempt', async () => {
    answer = (signal) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () =>
          reject(new WebhookError('unreachable', 'the controller stops', { reason: 'stopping' })),
        ),
      );
    await add(message('webhook', 'msg_1'), message('webhook', 'msg_2'));
    await database().db.updateTable('watch_alerts').set({ attempts: 7 }).where('message_id', '=', 'msg_1').execute();
    dispatcher.start();
    await vi.waitFor(() => expect(sent).toHaveLength(2), { interval: 1, timeout: 60_000 });
    await dispatcher.stop();
    expect((await stored()).map(({ state, attempts, error }) => [state, attempts, error])).toEqual([
      ['pending', 7, null],
      ['pending', 0, null],
    ]);
    expect((await watches.find(watch.id))?.webhook_disabled_at).toBeNull();
    expect(mails).toEqual([]);
  });

  it('disables a webhook that says it is gone at once, and gives up what waits for it', async () => {
    answer = () => 503;
    await add(message('webhook', 'msg_1'));
    dispatcher.start();
    await pass(2_000, 2_000);
    answer = () => 410;
    await add(message('webhook', 'msg_2'));
    await pass(2_000, 2_000);
    expect((await stored()).map(({ channel, state }) => [channel, state])).toEqual([
      ['webhook', 'dead'],
      ['webhook', 'dead'],
      ['mail', 'pending'],
    ]);
  });

  it('sends a test once, and enables the webhook when it is accepted', async () => {
    await watches.change(watch, { webhookDisabledAt: new Date(begin) });
    const later = new Date(begin + HOUR_MS);
    const test = async () => {
      const [id] = await alerts.add(watch.id, [testAlert({ watch, at: begin, page: undefined })], later);
      const alert = await alerts.find(id);
      if (alert === undefined) throw new Error('the alert is not stored');
      return dispatcher.deliver(alert, { isTest: true });
    };
    answer = () => 500;
    expect(await test()).toMatchObject({ state: 'dead', status: 500 });
    expect((await watches.find(watch.id))?.webhook_disabled_at).not.toBeNull();
    answer = () => 204;
    expect(await test()).toMatchObject({ state: 'delivered', status: 204 });
    expect((await watches.find(watch.id))?.webhook_disabled_at).toBeNull();
  });

  it('shares the messages with another controller', async () => {
    await add(...Array.from({ length: 20 }, (_, i) => message('webhook', `msg_${i}`)));
    const now = new Date(clock.now());
    const lease = { limit: 15, perUser: 15, leaseUntil: new Date(clock.now() + 60_000) };
    const claims = await Promise.all([1, 2].map(() => alerts.claimDue(now, lease)));
    const ids = claims.flat().map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([20, 20]);
  });

  it('takes a few messages of a user at a time, so that another user does not wait for a slow webhook', async () => {
    const { db } = database();
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    const other = await new Users(db).ensure({ name: 'O', email: 'o@revtr.example', role: 'user', ...limits });
    const created = await watches.create(
      {
        ...{ user_id: other.id, key_id: null, name: 'home', source: '9.0.0.1', destination: '6.0.0.9' },
        ...{ intervalSeconds: 86_400, alertOn: [], alertMail: true, webhook: null },
      },
      { most: 1, runsPerDay: 10 },
      new Date(begin),
    );
    if (typeof created === 'string') throw new Error(created);
    await add(...Array.from({ length: 80 }, (_, i) => message('webhook', `msg_${i}`)));
    await alerts.add(created.id, [message('mail', 'msg_other')], new Date(clock.now() + 1));
    const now = new Date(clock.now() + 2);
    const lease = { limit: 50, perUser: 3, leaseUntil: new Date(clock.now() + 60_000) };
    const claimed = await alerts.claimDue(now, lease);
    expect(claimed.map(({ message_id }) => message_id)).toEqual(['msg_0', 'msg_1', 'msg_2', 'msg_other']);
  });
});
