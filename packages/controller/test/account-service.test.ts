import { TargetPolicy } from '@revtr/probing';
import { Agents, ApiKeys, Applications, hashApiKey, Mails, OneTimeTokens, Users } from '@revtr/storage';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { AccountService } from '../src/accounts/account-service.ts';
import { AgentDirectory } from '../src/agents/directory.ts';
import { SourceApplications } from '../src/agents/source-applications.ts';
import { RecipientLimit } from '../src/foundation/recipient-limit.ts';
import { LinkMails } from '../src/mail/link-mails.ts';
import { Outbox } from '../src/mail/outbox.ts';
import { OwnerMails } from '../src/mail/owner-mails.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const limits = { perDay: 7, parallel: 8, perMinute: 9 };
const PERSON = { name: 'N', email: 'New@revtr.example' };

describe('AccountService', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let users: Users;
  let mails: Mails;
  let links: LinkMails;
  let applications: SourceApplications;
  let open: (selfRegistration: boolean) => AccountService;
  beforeEach(async () => {
    clock = new ManualClock();
    const { db } = database();
    users = new Users(db);
    mails = new Mails(db);
    const tokens = new OneTimeTokens(db);
    const log = pino({ level: 'silent' });
    const outbox = new Outbox({ mails, tokens, send: undefined, clock, random: () => 0, log });
    links = new LinkMails({ publicUrl: undefined }, { outbox, mails, tokens, clock });
    const recipients = new RecipientLimit({ clock });
    const notices = new OwnerMails({ users, outbox, links });
    const directory = await AgentDirectory.open(new Agents(db));
    applications = new SourceApplications(
      { limits },
      {
        applications: new Applications(db),
        users,
        directory,
        notices,
        recipients,
        targetPolicy: new TargetPolicy(),
        clock,
      },
    );
    open = (selfRegistration) =>
      new AccountService(
        { limits, selfRegistration },
        { users, tokens, links, outbox, recipients, applications, clock },
      );
  });
  const newestToken = async (): Promise<string> => (await links.handOver((await mails.list(1))[0].id)).token;

  it("mails nothing of a stranger's own text to an address that is not verified", async () => {
    const name = 'winner,\n\nclaim your prize at https://evil.example/';
    await open(true).register({ ...PERSON, name });
    const request = { address: '8.8.4.4', hosting: name, reason: name, name, email: 'other@revtr.example' };
    await applications.apply(request, undefined);
    const sent = await mails.list(10);
    expect(sent.map(({ recipient }) => recipient).sort()).toEqual(['new@revtr.example', 'other@revtr.example']);
    expect(sent.filter(({ body }) => body.includes('evil.example'))).toEqual([]);
  });

  it('creates an account when the mailed link of a registration is used, and not before', async () => {
    const service = open(true);
    await service.register(PERSON);
    expect(await users.list()).toEqual([]);
    const redeemed = await service.redeem(await newestToken());
    const [user] = await users.list();
    expect(user).toMatchObject({ email: 'new@revtr.example', role: 'user', max_per_day: 7, max_parallel: 8 });
    const key = 'key' in redeemed ? redeemed.key : '';
    expect(await new ApiKeys(database().db).findValid(hashApiKey(key), new Date())).toMatchObject({ user });
  });

  it('mails the owner of an account that there is one, with no link', async () => {
    const service = open(true);
    await service.register(PERSON);
    await service.redeem(await newestToken());
    await service.register({ ...PERSON, email: 'NEW@revtr.example' });
    expect((await mails.list(1))[0]).toMatchObject({ token_id: null, body: expect.stringContaining('already') });
    expect(await users.list()).toHaveLength(1);
  });

  it('creates one account for two registrations of one address', async () => {
    const service = open(true);
    await service.register(PERSON);
    const first = await newestToken();
    await service.register(PERSON);
    await service.redeem(await newestToken());
    await expect(service.redeem(first)).rejects.toMatchObject({ code: 'conflict' });
    expect(await users.list()).toHaveLength(1);
  });

  it('refuses registrations unless they are open', async () => {
    await expect(open(false).register(PERSON)).rejects.toMatchObject({ code: 'forbidden' });
    expect(await mails.list(10)).toEqual([]);
  });

  it('mails one address five times at once, and then once in ten minutes, whatever the mails are for', async () => {
    const service = open(true);
    const application = { address: '6.0.0.1', hosting: 'h', reason: 'r', ...PERSON };
    for (let i = 0; i < 2; i++) await service.register(PERSON);
    for (let i = 0; i < 2; i++) await service.mailLogInLink('new@REVTR.example');
    await applications.apply(application, undefined);
    await expect(service.register(PERSON)).rejects.toMatchObject({ code: 'tooManyRequests', retryAfterSeconds: 600 });
    await expect(applications.apply(application, undefined)).rejects.toMatchObject({ code: 'tooManyRequests' });
    await service.register({ ...PERSON, email: 'other@revtr.example' });
    await clock.advance(600_000);
    await service.register(PERSON);
    expect(await mails.list(10)).toHaveLength(7);
  });

  it('ends links with their time, and with the account', async () => {
    const service = open(true);
    const user = await service.invite({ ...PERSON, role: 'user' });
    const late = await newestToken();
    await clock.advance(7 * 86_400_000);
    await expect(service.redeem(late)).rejects.toMatchObject({ code: 'notFound' });
    await service.mailKeyLink(user);
    const disabled = await newestToken();
    await users.change(user.id, { disabledAt: new Date(clock.now()) });
    await expect(service.redeem(disabled)).rejects.toMatchObject({ code: 'conflict' });
    await service.mailLogInLink(user.email);
    expect((await mails.list(1))[0].token_id).toBeNull();
  });

  it('lets one user wait for decisions about twenty applications', async () => {
    const user = await open(true).invite({ ...PERSON, role: 'user' });
    const apply = (last: number) => applications.apply({ address: `6.0.0.${last}`, hosting: 'h', reason: 'r' }, user);
    for (let last = 1; last <= 20; last++) await apply(last);
    await expect(apply(21)).rejects.toMatchObject({ code: 'conflict' });
  });
});
