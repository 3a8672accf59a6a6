import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@revtr/probing';
import { Mails } from '@revtr/storage';
import { pino } from 'pino';
import { SMTPServer } from 'smtp-server';
import { beforeEach, describe, expect, it } from 'vitest';
import { clearedMail } from '../src/mail/messages.ts';
import { Outbox, type SendMail } from '../src/mail/outbox.ts';
import { smtpSender } from '../src/mail/smtp.ts';
import { useDatabase } from './test-database.ts';

const KEY = 'revtr_0123456789abcdef';
const log = pino({ level: 'silent' });

describe('mails', () => {
  const database = useDatabase();
  let mails: Mails;
  beforeEach(() => {
    mails = new Mails(database().db);
  });

  /** A mail server that takes mails, or none. */
  const startServer = async (
    isGood: () => boolean,
  ): Promise<{ url: string; received: string[]; server: SMTPServer }> => {
    const received: string[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onData: (stream, _session, done) => {
        text(stream).then((mail) => {
          if (isGood()) received.push(mail);
          done(isGood() ? null : new Error('mailbox full'));
        }, done);
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address: AddressInfo | string | null = server.server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    return { url: `smtp://127.0.0.1:${port}`, received, server };
  };
  const open = (send: SendMail | undefined): Outbox =>
    new Outbox({ mails, send, clock: systemClock, random: () => 0, log });
  const attempted = async (): Promise<void> => {
    for (let tries = 0; tries < 1_000 && (await mails.list(1))[0]?.attempts === 0; tries++) await sleep(5);
  };
  const cleared = () => clearedMail({ address: '192.0.2.1', name: 'A. Host', key: KEY, note: '' });

  it('reach a mail server; the key is not kept behind', async () => {
    const { url, received, server } = await startServer(() => true);
    const outbox = open(smtpSender({ url, from: 'revtr@revtr.example' }));
    outbox.start();
    await outbox.add('host@revtr.example', cleared());
    await attempted();
    await outbox.stop();
    expect(received).toHaveLength(1);
    expect(received[0]).toContain('To: host@revtr.example');
    expect(received[0]).toContain(KEY);
    const [mail] = await mails.list(10);
    expect(mail.sent_at).toBeInstanceOf(Date);
    expect(JSON.stringify(mail)).not.toContain(KEY);
    await new Promise<void>((resolve) => server.close(resolve));
  });

  it('stay when the server does not take them, and say why', async () => {
    const { url, received, server } = await startServer(() => false);
    const outbox = open(smtpSender({ url, from: 'revtr@revtr.example' }));
    outbox.start();
    await outbox.add('host@revtr.example', cleared());
    await attempted();
    await outbox.stop();
    expect(received).toEqual([]);
    const [mail] = await mails.list(10);
    expect(mail).toMatchObject({ sent_at: null, attempts: 1, last_error: expect.stringContaining('mailbox full') });
    expect(mail.body).toContain(KEY);
    expect(mail.next_attempt_at.getTime()).toBeGreaterThan(Date.now());
    await new Promise<void>((resolve) => server.close(resolve));
  });

  it('wait for the operator when there is no server', async () => {
    const outbox = open(undefined);
    outbox.start();
    await outbox.add('host@revtr.example', cleared());
    await outbox.stop();
    expect(await mails.list(10)).toMatchObject([{ sent_at: null, attempts: 0, body: expect.stringContaining(KEY) }]);
  });
});
