import { Mails, OneTimeTokens } from '@revtr/storage';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Outbox, type SendMail } from '../src/mail/outbox.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const MINUTE_MS = 60_000;
const text = (subject: string) => ({ subject, body: `About ${subject}.` });

describe('Outbox', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let mails: Mails;
  let outbox: Outbox;
  let sent: { readonly subject: string; readonly at: number }[];
  let begin: number;
  let send: SendMail;
  beforeEach(() => {
    clock = new ManualClock();
    begin = clock.now();
    mails = new Mails(database().db);
    sent = [];
    send = async () => undefined;
    outbox = new Outbox({
      mails,
      tokens: new OneTimeTokens(database().db),
      send: async (mail) => {
        sent.push({ subject: mail.subject, at: clock.now() - begin });
        await send(mail);
      },
      clock,
      random: () => 0,
      log: pino({ level: 'silent' }),
    });
  });
  afterEach(() => outbox.stop());
  /** Resolves when the outbox has done what is due and waits for its next look. */
  const idle = async (): Promise<void> => {
    await vi.waitFor(() => expect(clock.sleeping).toBe(1), { interval: 2, timeout: 30_000 });
  };
  const pass = async (milliseconds: number): Promise<void> => {
    for (const end = clock.now() + milliseconds; clock.now() < end; ) {
      await clock.advance(Math.min(5_000, end - clock.now()));
      await idle();
    }
  };

  it('sends a mail as soon as it is added', async () => {
    outbox.start();
    await idle();
    await outbox.add('a@revtr.example', text('one'));
    await vi.waitFor(async () => expect((await mails.list(1))[0].sent_at).not.toBeNull(), {
      interval: 2,
      timeout: 30_000,
    });
    expect(sent).toEqual([{ subject: 'one', at: 0 }]);
    await pass(MINUTE_MS);
    expect(sent).toHaveLength(1);
  });

  it('sends mails that were stored before it started, in order', async () => {
    for (const subject of ['one', 'two', 'three']) await outbox.add('a@revtr.example', text(subject));
    outbox.start();
    await idle();
    expect(sent.map(({ subject }) => subject)).toEqual(['one', 'two', 'three']);
  });

  it('tries a refused mail again after pauses that double, and keeps the reason', async () => {
    send = async () => {
      throw new Error('mailbox full');
    };
    await outbox.add('a@revtr.example', text('one'));
    outbox.start();
    await idle();
    await pass(8 * MINUTE_MS);
    expect(sent.map(({ at }) => at / MINUTE_MS)).toEqual([0, 1, 3, 7]);
    expect((await mails.list(1))[0]).toMatchObject({ attempts: 4, last_error: 'mailbox full', sent_at: null });
    send = async () => undefined;
    await pass(8 * MINUTE_MS);
    expect((await mails.list(1))[0]).toMatchObject({ attempts: 5, last_error: null });
    expect(sent).toHaveLength(5);
  });

  it('sends the others when one is refused', async () => {
    send = async ({ subject }) => {
      if (subject === 'bad') throw new Error('no such mailbox');
    };
    for (const subject of ['bad', 'good']) await outbox.add('a@revtr.example', text(subject));
    outbox.start();
    await idle();
    const rows = await mails.list(2);
    expect(rows.map(({ subject, sent_at }) => [subject, sent_at !== null])).toEqual([
      ['good', true],
      ['bad', false],
    ]);
  });

  it('sends more mails than it reads at once without a pause', async () => {
    for (let i = 0; i < 45; i++) await outbox.add('a@revtr.example', text(`mail ${i}`));
    outbox.start();
    await idle();
    expect(clock.now()).toBe(begin);
    expect(sent.map(({ subject }) => subject)).toEqual(Array.from({ length: 45 }, (_, i) => `mail ${i}`));
  });

  it('sends no further mail after a stop, and notes the one under way', async () => {
    let finish: () => void = () => undefined;
    send = () => new Promise((resolve) => (finish = () => resolve(undefined)));
    for (const subject of ['one', 'two']) await outbox.add('a@revtr.example', text(subject));
    outbox.start();
    await vi.waitFor(() => expect(sent).toHaveLength(1), { interval: 2, timeout: 30_000 });
    const stopped = outbox.stop();
    finish();
    await stopped;
    expect(sent.map(({ subject }) => subject)).toEqual(['one']);
    const rows = await mails.list(2);
    expect(rows.map(({ subject, sent_at }) => [subject, sent_at !== null])).toEqual([
      ['two', false],
      ['one', true],
    ]);
  });
});
