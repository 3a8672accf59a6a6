import { formatIpv4, PrefixSet, parseIpv4, parsePrefix, prefixContains } from '@revtr/net';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { LinkError, OptOutSet } from '../src/index.ts';
import { readToAgent } from '../src/messages/to-agent.ts';
import { readToController, type ToController } from '../src/messages/to-controller.ts';
import { OptOutFeed } from '../src/opt-out/opt-out-feed.ts';
import { OptOutPublisher } from '../src/opt-out/opt-out-publisher.ts';
import { type CompleteOptOuts, type OptOutMessage, OptOutReceiver } from '../src/opt-out/opt-out-receiver.ts';

const address = fc.integer({ min: 0, max: 0xffffffff });
const prefix = fc
  .tuple(address, fc.integer({ min: 8, max: 32 }))
  .map(([bits, length]) => `${formatIpv4(Math.floor(bits / 2 ** (32 - length)) * 2 ** (32 - length))}/${length}`);
const list = fc.array(fc.oneof(prefix, fc.constantFrom('2001:db8::/32', '2001:DB8:0::/48', '::/0')), { maxLength: 60 });

/** A look-up table of the IPv4 prefixes of a set. */
const tableOf = (set: OptOutSet): PrefixSet => {
  const table = new PrefixSet();
  set.updateTable(table);
  return table;
};

describe('a set of opted-out networks', () => {
  it('covers the addresses that any of its IPv4 prefixes contains', () => {
    fc.assert(
      fc.property(list, address, (prefixes, target) => {
        const isCovered = prefixes.some((text) => !text.includes(':') && prefixContains(parsePrefix(text), target));
        expect(tableOf(OptOutSet.parse(prefixes)).covers(target)).toBe(isCovered);
      }),
    );
  });

  it('has a digest that depends on its content alone', () => {
    fc.assert(
      fc.property(list, (prefixes) => {
        expect(OptOutSet.parse([...prefixes].reverse()).digest).toBe(OptOutSet.parse(prefixes).digest);
      }),
    );
    expect(OptOutSet.parse(['2001:DB8:0::/32']).digest).toBe(OptOutSet.parse(['2001:db8::/32']).digest);
    expect(OptOutSet.parse(['192.0.2.0/24']).digest).not.toBe(OptOutSet.parse(['192.0.2.0/25']).digest);
  });

  it('becomes any other set by the change between them', () => {
    fc.assert(
      fc.property(list, list, (before, after) => {
        const [from, to] = [OptOutSet.parse(before), OptOutSet.parse(after)];
        const change = from.changeTo(to, 1_000);
        expect(change && from.with(change).digest).toBe(to.digest);
      }),
    );
  });

  it('equals a set read anew after any series of changes, and so does its look-up table', () => {
    fc.assert(
      fc.property(
        list,
        fc.array(fc.tuple(list, list), { maxLength: 8 }),
        fc.array(address),
        (first, changes, targets) => {
          let set = OptOutSet.parse(first);
          const table = tableOf(set);
          const model = new Set(set.slice(0, set.size));
          for (const [added, removed] of changes) {
            const before = set;
            set = set.with({ added, removed });
            set.updateTable(table, before);
            for (const entry of OptOutSet.parse(removed).slice(0, 100)) model.delete(entry);
            for (const entry of OptOutSet.parse(added).slice(0, 100)) model.add(entry);
          }
          const anew = OptOutSet.parse([...model]);
          expect([set.digest, set.size]).toEqual([anew.digest, model.size]);
          expect(set.slice(0, set.size)).toEqual(anew.slice(0, anew.size));
          for (const target of targets) expect(table.covers(target)).toBe(tableOf(anew).covers(target));
          for (const entry of model) expect(set.has(entry)).toBe(true);
          expect(set.union(OptOutSet.parse(first)).digest).toBe(OptOutSet.parse([...model, ...first]).digest);
        },
      ),
    );
  });

  it('stays the same when so many changes gather that they are merged', () => {
    const many = (count: number, first: number) =>
      Array.from({ length: count }, (_, i) => `${formatIpv4(0x0a000000 + 3 * (first + i))}/32`);
    let set = OptOutSet.parse(many(20_000, 0));
    for (let step = 0; step < 30; step++)
      set = set.with({ added: many(4_000, 20_000 + step * 4_000), removed: many(500, step * 500) });
    expect(set.digest).toBe(OptOutSet.parse(many(125_000, 15_000)).digest);
    expect(set.slice(0, 2)).toEqual(many(2, 15_000));
  });

  it('does not accept an entry that is not a prefix', () => {
    for (const entry of [
      '',
      'x',
      '192.0.2.1/24',
      '192.0.2.0/33',
      '2001:db8::/129',
      'fe80::1%eth0/64',
      ':/1',
      '192.0.2.0',
    ])
      expect(() => OptOutSet.parse(['192.0.2.0/24', entry])).toThrow(LinkError);
  });
});

describe('the opt-out list on the link', () => {
  let now: number;
  let publisher: OptOutPublisher;
  let receiver: OptOutReceiver;
  let feed: OptOutFeed;
  let applied: CompleteOptOuts | undefined;
  let problems: string[];
  let sent: string[];
  let send: (message: ToController) => void;
  /** Changes a message on its way to the agent. */
  let tamper: (message: OptOutMessage) => OptOutMessage;
  /** Messages that have not arrived yet. */
  let queue: (() => void)[];
  const deliver = (): void => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) next();
  };
  const answer = (message: ToController): void => {
    const read = readToController(JSON.stringify(message));
    if (read.type === 'optOutRequest') feed.request(read.version, read.index);
    else if (read.type === 'optOutResync') feed.resync();
    else if (read.type === 'applied') feed.applied(read.version);
  };
  const connect = (): void => {
    queue = [];
    feed = new OptOutFeed({
      send: (message) => {
        sent.push(message.type);
        const read = readToAgent(JSON.stringify(message));
        if (read.type === 'optOut' || read.type === 'optOutChunk' || read.type === 'optOutDelta')
          queue.push(() => receiver.receive(tamper(read)));
      },
      publisher,
      now: () => now,
    });
    send = (message) => queue.push(() => answer(message));
    receiver.attach(send);
    feed.announce();
  };
  beforeEach(() => {
    now = 0;
    [problems, sent, applied] = [[], [], undefined];
    tamper = (message) => message;
    publisher = new OptOutPublisher();
    receiver = new OptOutReceiver({
      onList: (complete) => {
        applied = complete;
      },
      onProblem: (message) => problems.push(message),
    });
  });
  const publish = (prefixes: string[], issuedAt = 1): void =>
    feed.update(publisher.publish({ issuedAt, set: OptOutSet.parse(prefixes) }));
  const many = (count: number, first = 0) =>
    Array.from({ length: count }, (_, i) => `${formatIpv4(0x0a000000 + first + i)}/32`);

  it('arrives in chunks, and later changes as deltas', () => {
    publisher.publish({ issuedAt: 1, set: OptOutSet.parse(many(60_000)) });
    connect();
    deliver();
    expect([applied?.set.size, sent.filter((type) => type === 'optOutChunk').length]).toEqual([60_000, 12]);
    publish([...many(60_000), '192.0.2.0/24', '2001:db8::/32'], 2);
    deliver();
    expect([applied?.set.size, applied?.issuedAt, sent.at(-1)]).toEqual([60_002, 2, 'optOutDelta']);
    expect(tableOf(applied?.set ?? OptOutSet.EMPTY).covers(parseIpv4('192.0.2.9'))).toBe(true);
    expect(problems).toEqual([]);
  });

  it('is not in force before its last chunk, nor after the announcement of a larger change', () => {
    publisher.publish({ issuedAt: 1, set: OptOutSet.parse(many(12_000)) });
    connect();
    for (let step = 0; step < 5; step++) queue.shift()?.();
    expect(applied).toBeUndefined();
    deliver();
    expect(applied?.set.size).toBe(12_000);
    publish(many(20_000, 100_000));
    queue.shift()?.();
    expect(applied).toBeUndefined();
    deliver();
    expect(applied?.set.size).toBe(20_000);
  });

  it('includes the changes that were made while its chunks were on their way', () => {
    publisher.publish({ issuedAt: 1, set: OptOutSet.parse(many(12_000)) });
    connect();
    for (let step = 0; step < 4; step++) queue.shift()?.();
    publish(many(12_001));
    publish(many(12_000, 1));
    deliver();
    expect(applied?.set.digest).toBe(OptOutSet.parse(many(12_000, 1)).digest);
    expect(problems).toEqual([]);
  });

  it('is not fetched again on a new connection when it has not changed', () => {
    publisher.publish({ issuedAt: 1, set: OptOutSet.parse(many(12_000)) });
    connect();
    deliver();
    receiver.detach(send);
    expect(applied?.set.size).toBe(12_000);
    sent = [];
    connect();
    deliver();
    expect([sent, applied?.set.size]).toEqual([['optOut'], 12_000]);
  });

  it('is fetched again after a delta that did not arrive whole', () => {
    publisher.publish({ issuedAt: 1, set: OptOutSet.parse(many(10)) });
    connect();
    deliver();
    tamper = (message) => (message.type === 'optOutDelta' ? { ...message, added: [] } : message);
    publish(many(20));
    queue.shift()?.();
    expect([applied, problems.length]).toEqual([undefined, 1]);
    deliver();
    expect(applied?.set.size).toBe(20);
  });

  it('leaves the agent without a list, and alive, when it is malformed', () => {
    tamper = (message) => (message.type === 'optOutChunk' ? { ...message, prefixes: ['nonsense'] } : message);
    publisher.publish({ issuedAt: 1, set: OptOutSet.parse(many(1)) });
    connect();
    deliver();
    expect([applied, problems.length]).toEqual([undefined, 4]);
    expect(problems[0]).toContain("'nonsense'");
  });

  it('is not served to an agent that asks for chunks without end', () => {
    publisher.publish({ issuedAt: 1, set: OptOutSet.parse(many(10)) });
    connect();
    expect(() => {
      for (let i = 0; i < 1_000; i++) feed.request(1, 0);
    }).toThrow(LinkError);
    expect(sent.length).toBeLessThan(100);
  });
});
