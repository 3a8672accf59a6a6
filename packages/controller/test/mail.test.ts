import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '@revtr/probing';
import { hashToken, Mails, OneTimeTokens, Users } from '@revtr/storage';
import { pino } from 'pino';
import { SMTPServer } from 'smtp-server';
import { beforeEach, describe, expect, it } from 'vitest';
import { LinkMails } from '../src/mail/link-mails.ts';
import { clearedMail } from '../src/mail/messages.ts';
import { Outbox, type SendMail } from '../src/mail/outbox.ts';
import { smtpSender } from '../src/mail/smtp.ts';
import { useDatabase } from './test-database.ts';

const TOKEN = /"token":"([\w-]{32})"/;
const log = pino({ level: 'silent' });

describe('mails', () => {
  const database = useDatabase();
  let mails: Mails;
  let tokens: OneTimeTokens;
  let statements: string[];
  beforeEach(() => {
    statements = [];
    const watched = database().db.withPlugin({
      transformQuery: ({ node }) => {
        statements.push(JSON.stringify(node));
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    mails = new Mails(watched);
    tokens = new OneTimeTokens(watched);
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
    new Outbox({ mails, tokens, send, clock: systemClock, random: () => 0, log });
  const attempted = async (): Promise<void> => {
    for (let tries = 0; tries < 1_000 && (await mails.list(1))[0]?.attempts === 0; tries++) await sleep(5);
  };
  const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
  const linksOf = (outbox: Outbox): LinkMails =>
    new LinkMails({ publicUrl: 'https://revtr.example/' }, { outbox, mails, tokens, clock: systemClock });
  const addCleared = async (outbox: Outbox): Promise<LinkMails> => {
    const host = { name: 'A. Host', email: 'host@revtr.example' };
    const { id: userId } = await new Users(database().db).ensure({ ...host, role: 'user', ...limits });
    const links = linksOf(outbox);
    await links.send({ purpose: 'collectKey', ...host, userId }, (howTo) =>
      clearedMail({ address: '192.0.2.1', name: 'A. Host', note: '' }, howTo),
    );
    return links;
  };
  /** Nothing that was passed to the database, and no row in it, contains the token. */
  const expectUnseen = async (token: string): Promise<void> => {
    const rows = [await mails.list(10), await database().db.selectFrom('one_time_tokens').selectAll().execute()];
    expect(statements.join()).toContain(hashToken(token));
    expect(statements.join() + JSON.stringify(rows)).not.toContain(token);
  };

  it('reach a mail server with a link that works once and is not stored', async () => {
    const { url, received, server } = await startServer(() => true);
    const outbox = open(smtpSender({ url, from: 'revtr@revtr.example' }));
    outbox.start();
    await addCleared(outbox);
    await attempted();
    await outbox.stop();
    expect(received).toHaveLength(1);
    expect(received[0]).toContain('To: host@revtr.example');
    const text = received[0].replaceAll('=\r\n', '').replaceAll('=3D', '=');
    const token = TOKEN.exec(text)?.[1] ?? '';
    expect(text).toContain(`https://revtr.example/confirm#${token}`);
    expect((await mails.list(10))[0].sent_at).toBeInstanceOf(Date);
    await expectUnseen(token);
    expect(await tokens.redeem(hashToken(token), new Date())).toMatchObject({ purpose: 'collectKey' });
    expect(await tokens.redeem(hashToken(token), new Date())).toBeUndefined();
    await new Promise<void>((resolve) => server.close(resolve));
  });

  it('stay when the server does not take them, and say why', async () => {
    const { url, received, server } = await startServer(() => false);
    const outbox = open(smtpSender({ url, from: 'revtr@revtr.example' }));
    outbox.start();
    await addCleared(outbox);
    await attempted();
    await outbox.stop();
    expect(received).toEqual([]);
    const [mail] = await mails.list(10);
    expect(mail).toMatchObject({ sent_at: null, attempts: 1, last_error: expect.stringContaining('mailbox full') });
    expect(mail.body).toContain('{token}');
    expect(mail.next_attempt_at.getTime()).toBeGreaterThan(Date.now());
    await new Promise<void>((resolve) => server.close(resolve));
  });

  it('wait for the operator when there is no server, who makes a link to forward', async () => {
    const outbox = open(undefined);
    outbox.start();
    const links = await addCleared(outbox);
    await outbox.stop();
    const [{ id, sent_at, attempts }] = await mails.list(10);
    expect([sent_at, attempts]).toEqual([null, 0]);
    const [first, second] = [await links.handOver(id), await links.handOver(id)];
    expect(second.body).toContain(`{"token":"${second.token}"}`);
    await expectUnseen(second.token);
    expect(await tokens.redeem(hashToken(first.token), new Date())).toBeUndefined();
    expect(await tokens.redeem(hashToken(second.token), new Date())).toBeDefined();
    await expect(links.handOver(id)).rejects.toMatchObject({ code: 'conflict' });
    await expect(links.handOver(4_711)).rejects.toMatchObject({ code: 'notFound' });
  });

  it('with a link to log in are for their recipients alone', async () => {
    const links = linksOf(open(undefined));
    await links.send({ purpose: 'logIn', email: 'a@revtr.example' }, (howTo) => ({ subject: 's', body: howTo }));
    const [{ id }] = await mails.list(1);
    await expect(links.handOver(id)).rejects.toMatchObject({ code: 'conflict' });
  });
});
