import { PrefixOrigins } from '@revtr/engine';
import { type PrefixColumns, parseIpv4, parsePrefix } from '@revtr/net';
import { TargetPolicy } from '@revtr/probing';
import { AbuseContacts, type NewOptOut, OptOutRequests, OptOuts } from '@revtr/storage';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { Coalescer } from '../src/foundation/coalescer.ts';
import type { MailText } from '../src/mail/messages.ts';
import { OptOutWatch } from '../src/measuring/opt-out-watch.ts';
import { parseNetwork } from '../src/opt-outs/network.ts';
import { OptOutService } from '../src/opt-outs/opt-out-service.ts';
import { PublishedOptOuts } from '../src/opt-outs/published-opt-outs.ts';
import { ReverseDnsProof } from '../src/opt-outs/reverse-dns-proof.ts';
import { ManualClock, settle } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const DAY_MS = 86_400_000;
const optOut = (network: string): NewOptOut => ({ ...parseNetwork(network), reason: '', origin: 'operator' });
const columnsOf = (rows: readonly (readonly [string, number, number])[]): PrefixColumns => ({
  addresses: Uint32Array.from(rows, ([address]) => parseIpv4(address)),
  lengths: Uint8Array.from(rows, ([, length]) => length),
  values: Int32Array.from(rows, ([, , asn]) => asn),
});

describe('opt-outs', () => {
  const database = useDatabase();
  let targetPolicy: TargetPolicy;
  let announced: PrefixColumns | undefined;
  let published: PublishedOptOuts;
  let changes: number;
  const mayProbe = (address: string): boolean => targetPolicy.mayProbe(parseIpv4(address));
  const open = async (): Promise<void> => {
    targetPolicy = new TargetPolicy();
    published = new PublishedOptOuts({ optOuts: new OptOuts(database().db), targetPolicy, announced: () => announced });
    await published.refresh();
    changes = 0;
    published.subscribe(() => changes++);
  };
  beforeEach(async () => {
    announced = undefined;
    await open();
  });

  it('hold at once, and after a restart', async () => {
    await published.add([optOut('8.8.8.0/24'), optOut('2001:db8::/32')]);
    expect([mayProbe('8.8.8.8'), mayProbe('8.8.9.9'), published.at(5).set.size]).toEqual([false, true, 2]);
    await open();
    expect(mayProbe('8.8.8.8')).toBe(false);
    await published.remove(parseNetwork('8.8.8.0/24'));
    expect([mayProbe('8.8.8.8'), published.at(5).set.size]).toEqual([true, 1]);
  });

  it('of other processes hold without an announcement, and the list is read only when it has changed', async () => {
    const optOuts = new OptOuts(database().db);
    let reads = 0;
    const networks = optOuts.networks.bind(optOuts);
    optOuts.networks = () => {
      reads++;
      return networks();
    };
    targetPolicy = new TargetPolicy();
    published = new PublishedOptOuts({ optOuts, targetPolicy, announced: () => undefined });
    await published.refresh();
    await new OptOuts(database().db).put([optOut('8.8.8.0/24')]);
    await published.refreshIfChanged();
    await published.refreshIfChanged();
    expect([mayProbe('8.8.8.8'), reads]).toEqual([false, 2]);
    await new OptOuts(database().db).remove('8.8.8.0/24');
    await published.refreshIfChanged();
    expect([mayProbe('8.8.8.8'), reads]).toEqual([true, 3]);
    // What this process changes, it knows.
    await published.add([optOut('8.8.8.0/24'), optOut('8.8.4.0/24')]);
    await published.remove(parseNetwork('8.8.8.0/24'));
    await published.remove(parseNetwork('8.8.8.0/24'));
    await published.refreshIfChanged();
    expect(reads).toBe(3);
    // Another process has changed something in between.
    await new OptOuts(database().db).put([optOut('8.8.8.0/24')]);
    await published.remove(parseNetwork('8.8.4.0/24'));
    await published.refreshIfChanged();
    expect([mayProbe('8.8.8.8'), mayProbe('8.8.4.4'), reads]).toEqual([false, true, 4]);
  });

  it('stay one object until something changes', async () => {
    await published.add([optOut('8.8.8.0/24')]);
    const { set } = published.at(1);
    await published.add([optOut('8.8.8.0/24')]);
    published.resolve();
    expect([published.at(2).set === set, changes]).toEqual([true, 1]);
  });

  it('of an AS are the prefixes that it announces, by the newest dataset', async () => {
    await published.add([optOut('AS64500'), optOut('AS4200000000')]);
    expect([published.isUnresolved, mayProbe('8.8.8.8')]).toEqual([true, true]);
    announced = columnsOf([
      ['8.8.8.0', 24, 64_500],
      ['8.8.4.0', 24, 64_501],
      ['9.0.0.0', 8, 4_200_000_000 | 0],
      ['0.0.0.0', 0, 64_500],
    ]);
    published.resolve();
    expect(['8.8.8.8', '8.8.4.4', '9.9.9.9', '1.1.1.1'].map(mayProbe)).toEqual([false, true, false, true]);
    announced = columnsOf([['8.8.4.0', 24, 64_500]]);
    published.resolve();
    expect(['8.8.8.8', '8.8.4.4'].map(mayProbe)).toEqual([true, false]);
    await published.add([optOut('8.8.4.0/24')]);
    await published.remove(parseNetwork('AS64500'));
    expect(mayProbe('8.8.4.4')).toBe(false);
  });

  it('follow the order of the database when changes overlap', async () => {
    await Promise.all([
      published.add([optOut('8.8.8.0/24')]),
      published.remove(parseNetwork('8.8.8.0/24')),
      published.add([optOut('8.8.4.0/24')]),
    ]);
    const before = published.at(0).set.digest;
    await published.refresh();
    expect([published.at(0).set.digest, mayProbe('8.8.8.8'), mayProbe('8.8.4.4')]).toEqual([before, true, false]);
  });

  describe('requests of people without an account', () => {
    let clock: ManualClock;
    let service: OptOutService;
    let requests: OptOutRequests;
    let contacts: AbuseContacts;
    let mails: { readonly recipient: string; readonly text: MailText }[];
    let records: Record<string, string[][]>;
    let drawn = 0;
    const start = (publicUrl: string | undefined): void => {
      const dns = {
        resolveTxt: async (name: string) => records[name] ?? [],
        resolvePtr: async () => [],
      };
      service = new OptOutService(
        { publicUrl, keepDays: 180 },
        {
          requests,
          contacts,
          published,
          proof: new ReverseDnsProof({ dns, clock }),
          ipToAs: new PrefixOrigins([{ prefix: parsePrefix('8.8.0.0/16'), asn: 64_500 }]),
          mail: async (recipient, text) => void mails.push({ recipient, text }),
          randomBytes: (count) => new Uint8Array(count).fill(++drawn % 256),
          clock,
          log: pino({ level: 'silent' }),
        },
      );
    };
    beforeEach(async () => {
      clock = new ManualClock();
      requests = new OptOutRequests(database().db);
      contacts = new AbuseContacts(database().db);
      [mails, records] = [[], {}];
      await database().db.deleteFrom('opt_out_requests').execute();
      await database().db.deleteFrom('abuse_contacts').execute();
      start('https://revtr.example/');
    });
    const ask = (network: string, email?: string, from = '192.0.2.1') =>
      service.request({ network: parseNetwork(network), email, reason: '' }, from);
    const codeOf = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => 'no error',
        (error: { code: unknown }) => error.code,
      );

    it('change nothing until they are proved', async () => {
      const { token, state } = await ask('8.8.8.0/24');
      expect((await service.check(token)).state).toBe('pending');
      expect([state, mayProbe('8.8.8.8'), mails]).toEqual(['pending', true, []]);
    });

    it('are accepted when the token is in the reverse zone, on demand or by themselves', async () => {
      const first = await ask('8.8.8.0/24', 'noc@example.net');
      records['8.8.8.in-addr.arpa'] = [[`revtr-opt-out=${first.token}`]];
      expect(await service.check(first.token)).toMatchObject({ state: 'accepted', proof: 'dns' });
      expect(mayProbe('8.8.8.8')).toBe(false);
      expect(mails).toMatchObject([
        { recipient: 'noc@example.net', text: { subject: expect.stringContaining('8.8.8.0/24') } },
      ]);
      const second = await ask('8.8.4.0/24');
      expect((await service.check(second.token)).state).toBe('pending');
      records['4.8.8.in-addr.arpa'] = [['revtr-opt-out=', second.token]];
      expect((await service.check(second.token)).state).toBe('pending');
      service.start();
      await clock.advance(300_000);
      await expect.poll(() => mayProbe('8.8.4.4')).toBe(false);
      await service.stop();
    });

    it('are confirmed by the registered abuse contact alone', async () => {
      await contacts.put('8.8.0.0/16', 'abuse@example.net');
      const { token, mailed_at } = await ask('8.8.8.0/24');
      const link = /https:\S+/.exec(mails[0].text.body)?.[0] ?? '';
      expect([mails[0].recipient, mailed_at !== null]).toEqual(['abuse@example.net', true]);
      expect(link).toMatch(/^https:\/\/revtr\.example\/opt-out\/confirm\?token=/);
      expect(link).not.toContain(token);
      expect(await codeOf(service.confirm(token))).toBe('notFound');
      const mailToken = new URL(link).searchParams.get('token') ?? '';
      expect((await service.findMailed(mailToken)).state).toBe('pending');
      expect(mayProbe('8.8.8.8')).toBe(true);
      expect(await service.confirm(mailToken)).toMatchObject({ state: 'accepted', proof: 'mail' });
      expect(mayProbe('8.8.8.8')).toBe(false);
      expect(await codeOf(service.confirm(mailToken))).toBe('conflict');
    });

    it('ask the contact of an AS about what it announces, and not about a larger network around it', async () => {
      await contacts.put('AS64500', 'abuse@example.net');
      await ask('8.8.0.0/15');
      await ask('8.0.0.0/8');
      expect(mails).toEqual([]);
      await ask('8.8.0.0/16');
      await ask('8.8.4.0/24');
      expect(mails.map(({ recipient }) => recipient)).toEqual(['abuse@example.net', 'abuse@example.net']);
    });

    it('mail a contact three times a day at most, and never with a link of unknown host', async () => {
      await contacts.put('AS64500', 'abuse@example.net');
      for (let i = 0; i < 5; i++) await ask('8.8.8.0/24');
      expect(mails).toHaveLength(3);
      await clock.advance(DAY_MS + 1);
      await ask('8.8.8.0/24');
      expect(mails).toHaveLength(4);
      start(undefined);
      await clock.advance(DAY_MS + 1);
      await ask('AS64500');
      expect(mails).toHaveLength(4);
    });

    it('are decided by operators', async () => {
      const users = database().db.insertInto('users').values({
        name: 'O',
        email: 'operator@example.net',
        role: 'operator',
        max_per_day: 1,
        max_parallel: 1,
        max_per_minute: 1,
      });
      const { id: operator } = await users.returning('id').executeTakeFirstOrThrow();
      const first = await ask('8.8.8.0/24', 'noc@example.net');
      const second = await ask('8.8.4.0/24', 'noc@example.net');
      expect(await service.accept(first.id, operator, 'thank you')).toMatchObject({ proof: 'operator' });
      expect(await service.refuse(second.id, operator, 'not yours')).toMatchObject({ state: 'refused' });
      expect([mayProbe('8.8.8.8'), mayProbe('8.8.4.4')]).toEqual([false, true]);
      expect(mails.map(({ text }) => text.body.includes('thank you') || text.body.includes('not yours'))).toEqual([
        true,
        true,
      ]);
      expect(await codeOf(service.accept(second.id, operator, ''))).toBe('conflict');
      expect(await codeOf(service.accept(99_999, operator, ''))).toBe('notFound');
      await database().db.deleteFrom('opt_out_requests').execute();
    });

    it.each([
      ['a /48', (i: number) => `2001:db8:1:${i.toString(16)}::1`, '2001:db8:2::1'],
      ['a /24', (i: number) => `198.51.100.${i}`, '198.51.101.1'],
    ])('fill no more than a tenth of the room when they come from %s', async (_, addressOf, elsewhere) => {
      const takenOn = async (day: number): Promise<number> => {
        let taken = 0;
        for (let i = 0; i < 80; i++)
          if ((await codeOf(ask(`10.${day}.${i}.0/24`, undefined, addressOf(i)))) === 'no error') taken++;
        return taken;
      };
      expect(await takenOn(1)).toBe(60);
      expect(await codeOf(ask('8.8.8.0/24', undefined, elsewhere))).toBe('no error');
      await database().db.deleteFrom('opt_out_requests').execute();
      await clock.advance(DAY_MS);
      expect(await takenOn(2)).toBe(60);
    });

    it('expire after two weeks, and are bounded in number', async () => {
      const { token, id } = await ask('8.8.8.0/24');
      records['8.8.8.in-addr.arpa'] = [[`revtr-opt-out=${token}`]];
      await clock.advance(14 * DAY_MS);
      expect(await codeOf(service.check(token))).toBe('conflict');
      expect(mayProbe('8.8.8.8')).toBe(true);
      service.start();
      await clock.advance(300_000);
      await expect.poll(async () => (await requests.find(id))?.state).toBe('expired');
      await service.stop();
      const many = new Date(clock.now() + DAY_MS);
      const rows = Array.from({ length: 10_000 }, (_, i) => ({
        ...{ network: 'AS1', reason: '', email: null, token: String(i), note: '' },
        ...{ state: 'pending' as const, created_at: many, expires_at: many },
      }));
      for (let i = 0; i < rows.length; i += 1_000)
        await database()
          .db.insertInto('opt_out_requests')
          .values(rows.slice(i, i + 1_000))
          .execute();
      expect(await codeOf(ask('8.8.8.0/24'))).toBe('tooManyRequests');
    });
  });
});

describe('changes that follow each other', () => {
  it('are published at once, then once a second', async () => {
    const clock = new ManualClock();
    const published: number[] = [];
    const startedAt = clock.now();
    const coalescer = new Coalescer({ everyMs: 1_000 }, { clock, work: () => published.push(clock.now() - startedAt) });
    coalescer.trigger();
    for (let i = 0; i < 100; i++) coalescer.trigger();
    await clock.advance(500);
    coalescer.trigger();
    await clock.advance(5_000);
    coalescer.trigger();
    coalescer.trigger();
    coalescer.stop();
    await clock.advance(5_000);
    await settle();
    expect(published).toEqual([0, 1_000, 5_500]);
  });
});

describe('agents that do not apply the opt-out list', () => {
  it('are suspended a minute after it was published, until they do', async () => {
    const clock = new ManualClock();
    const applied = new Map([
      [1, 1],
      [2, 1],
    ]);
    const told: string[] = [];
    const watch = new OptOutWatch({
      unapplied: (version) => [...applied].flatMap(([address, at]) => (at < version ? [address] : [])),
      clock,
      onChange: (address, isSuspended) => told.push(`${address} ${isSuspended}`),
    });
    watch.published(1);
    await clock.advance(100_000);
    watch.check();
    watch.published(2);
    applied.set(1, 2);
    await clock.advance(59_000);
    watch.published(3);
    watch.check();
    expect([watch.isSuspended(1), watch.isSuspended(2)]).toEqual([false, false]);
    await clock.advance(1_000);
    watch.check();
    expect([watch.isSuspended(1), watch.isSuspended(2)]).toEqual([false, true]);
    applied.set(2, 2);
    watch.check();
    expect([watch.isSuspended(2), told]).toEqual([false, ['2 true', '2 false']]);
  });
});
