import { DatasetStore } from '@revtr/datasets';
import { parseIpv4 } from '@revtr/net';
import { beforeEach, describe, expect, it } from 'vitest';
import { CachedLookups, type CachedLookupsOptions } from '../src/facts/cached-lookups.ts';
import { InternetKnowledge } from '../src/facts/internet-knowledge.ts';
import { LiveFacts } from '../src/facts/live-facts.ts';
import { NameResolver } from '../src/measurements/name-resolver.ts';
import { resolveNames } from '../src/measurements/resolve-names.ts';
import { ManualClock, settle } from './manual-clock.ts';

const OPTIONS: CachedLookupsOptions = {
  concurrency: 2,
  mostWaiting: 3,
  timeoutMs: 2_000,
  keepMs: 60_000,
  keepMissMs: 10_000,
  capacity: 4,
};

/** A name server whose answers take `delayMs`. */
class Server {
  readonly clock = new ManualClock();
  readonly asked: string[] = [];
  delayMs = 100;
  underWay = 0;
  mostUnderWay = 0;

  readonly lookUp = async (name: string): Promise<string | undefined> => {
    this.asked.push(name);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    await this.clock.sleep(this.delayMs);
    this.underWay--;
    if (name.startsWith('broken')) throw new Error('SERVFAIL');
    return name.startsWith('unknown') ? undefined : `address of ${name}`;
  };
}

describe('CachedLookups', () => {
  let server: Server;
  let lookups: CachedLookups<string, string>;
  beforeEach(() => {
    server = new Server();
    lookups = new CachedLookups(OPTIONS, { clock: server.clock, lookUp: server.lookUp });
  });
  const get = async (name: string): Promise<string | undefined> => {
    const value = lookups.get(name);
    await server.clock.advance(5_000);
    return value;
  };

  it('makes one look-up for simultaneous requests of one key', async () => {
    const values = Promise.all([lookups.get('a'), lookups.get('a'), lookups.get('a')]);
    await server.clock.advance(100);
    expect(await values).toEqual(['address of a', 'address of a', 'address of a']);
    expect(server.asked).toEqual(['a']);
  });

  it('keeps values and misses, each for its time', async () => {
    expect([await get('a'), await get('unknown'), await get('broken')]).toEqual(['address of a', undefined, undefined]);
    await Promise.all([lookups.get('a'), lookups.get('unknown'), lookups.get('broken')]);
    await server.clock.advance(15_000);
    await Promise.all([get('a'), get('unknown')]);
    expect(server.asked).toEqual(['a', 'unknown', 'broken', 'unknown']);
    await server.clock.advance(60_000);
    await get('a');
    expect(server.asked.filter((name) => name === 'a')).toHaveLength(2);
  });

  it('drops the oldest value when the cache is full', async () => {
    for (const name of ['a', 'b', 'c', 'd', 'e']) await get(name);
    await get('e');
    expect(server.asked).toHaveLength(5);
    await get('a');
    expect(server.asked).toHaveLength(6);
  });

  it('bounds the look-ups under way and those that wait, and makes no others', async () => {
    const names = Array.from({ length: 100 }, (_, i) => `host ${i}`);
    const values = Promise.all(names.map((name) => lookups.get(name)));
    await server.clock.advance(1_000);
    expect((await values).filter((value) => value !== undefined)).toHaveLength(5);
    expect([server.asked.length, server.mostUnderWay]).toEqual([5, 2]);
    // What was refused is not taken for a miss.
    expect(await get('host 99')).toBe('address of host 99');
  });

  it('gives up a look-up that takes too long, and lets the next one have its place', async () => {
    server.delayMs = 1_000_000;
    const values = Promise.all(['a', 'b', 'c'].map((name) => lookups.get(name)));
    await server.clock.advance(4_000);
    expect(await values).toEqual([undefined, undefined, undefined]);
    expect(server.asked).toEqual(['a', 'b', 'c']);
  });
});

describe('LiveFacts', () => {
  it('starts a bounded number of reverse look-ups for an answer with many hops', async () => {
    const clock = new ManualClock();
    let asked = 0;
    const reverse = async (address: string): Promise<string[]> => {
      asked++;
      await clock.sleep(50);
      return [`host-${address}.example`];
    };
    const knowledge = new InternetKnowledge({ store: new DatasetStore({ directory: '/nonexistent' }, { clock }) });
    const facts = new LiveFacts(knowledge, { clock, dns: { reverse, resolve4: async () => [] } });
    const addresses = Array.from({ length: 20_000 }, (_, i) => parseIpv4('6.0.0.0') + i);
    const names = Promise.all(addresses.map((address) => facts.nameOf(address)));
    await clock.advance(10_000);
    expect((await names)[0]).toBe('host-6.0.0.0.example');
    expect(asked).toBeLessThan(200);
  });
});

describe('resolveNames', () => {
  const limits = { mostNames: 5, concurrency: 2, totalMs: 1_000 };
  const resolving = (names: readonly string[], delayMs: number) => {
    const clock = new ManualClock();
    let underWay = 0;
    const seen = { asked: 0, most: 0 };
    const resolve = async (): Promise<readonly number[]> => {
      seen.asked++;
      seen.most = Math.max(seen.most, ++underWay);
      await clock.sleep(delayMs);
      underWay--;
      return [7];
    };
    return { clock, seen, resolved: resolveNames(names, limits, { facts: { resolve }, clock }) };
  };

  it('resolves several names at once, and no more than it may', async () => {
    const { clock, seen, resolved } = resolving(['a', 'b', 'c', 'd', 'e', 'f', 'g'], 100);
    await clock.advance(500);
    expect(Object.fromEntries(await resolved)).toEqual({
      ...{ a: 7, b: 7, c: 7, d: 7, e: 7 },
      ...{ f: 'tooManyNames', g: 'tooManyNames' },
    });
    expect(seen).toEqual({ asked: 5, most: 2 });
    expect(clock.sleeping).toBe(0);
  });

  it('ends after its total time with what it has', async () => {
    const { clock, seen, resolved } = resolving(['a', 'b', 'c', 'd', 'e'], 800);
    await clock.advance(1_000);
    expect([...(await resolved).keys()]).toEqual(['a', 'b']);
    await clock.advance(10_000);
    await settle();
    expect(seen.asked).toBe(4);
  });
});

describe('NameResolver', () => {
  it('resolves the names of two requests of a user at a time, and those of other users meanwhile', async () => {
    const clock = new ManualClock();
    const resolve = async (): Promise<readonly number[]> => {
      await clock.sleep(100);
      return [7];
    };
    const resolver = new NameResolver(undefined, { facts: { resolve }, clock });
    const [user, other] = [{ id: 1 }, { id: 2 }];
    const underWay = [resolver.resolve(user, ['a']), resolver.resolve(user, ['b']), resolver.resolve(other, ['c'])];
    await expect(resolver.resolve(user, ['d'])).rejects.toMatchObject({ code: 'tooManyRequests' });
    expect(await resolver.resolve(user, [])).toEqual(new Map());
    await clock.advance(100);
    expect((await Promise.all(underWay)).map((found) => [...found.values()])).toEqual([[7], [7], [7]]);
    const again = resolver.resolve(user, ['d']);
    await clock.advance(100);
    expect(await again).toEqual(new Map([['d', 7]]));
  });
});
