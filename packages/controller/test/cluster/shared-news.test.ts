import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { DatasetStore } from '@revtr/datasets';
import { SilentTargets } from '@revtr/engine';
import { type PingResult, ProbingError } from '@revtr/probing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sharedProofs } from '../../src/agents/shared-proofs.ts';
import { SharedNews } from '../../src/cluster/shared-news.ts';
import { openFacts } from '../../src/composition/open-facts.ts';
import { sharedSilences } from '../../src/measurements/shared-silences.ts';
import { CircuitBreaker } from '../../src/safety/circuits/circuit-breaker.ts';
import { circuitSettingsSchema } from '../../src/safety/circuits/settings.ts';
import { SharedCircuits } from '../../src/safety/circuits/shared-circuits.ts';
import { ManualClock } from '../manual-clock.ts';
import { ip, networks, ping } from '../safety/support.ts';
import { type Process, processes } from './processes.ts';

const onError = (error: unknown): void => {
  throw error;
};
const stops: (() => void | Promise<void>)[] = [];
let clock: ManualClock;
let start: ReturnType<typeof processes>;
beforeEach(() => {
  clock = new ManualClock();
  start = processes(clock);
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
/** Lets the processes tell each other what is new. */
const told = () => clock.advance(2_000);

describe('news', () => {
  const open = (process: Process, fleeting?: { readonly follows: boolean }) => {
    const taken: string[] = [];
    const news = new SharedNews<string>(
      { name: 'letters', item: z.string(), ...(fleeting && { fleeting }) },
      { bus: process.bus, clock, onError, take: (items) => taken.push(...items), isCurrent: () => true },
    );
    news.start();
    stops.push(
      () => process.stop(),
      () => news.stop(),
    );
    return { news, taken };
  };

  it('and the question for them are sent again when the bus has not taken them, although the others learn nothing of that', async () => {
    const first = open(start('engine'));
    first.news.note('a', 'A');
    await told();
    const process = start('engine');
    const publish = process.transport.publish.bind(process.transport);
    let refused = 0;
    process.transport.publish = (subject, data) => {
      if (!subject.endsWith('.letters')) return publish(subject, data);
      if (String(data).includes('"body":null')) return true;
      refused++;
      return false;
    };
    const late = open(process);
    late.news.note('b', 'B');
    await told();
    expect([refused, first.taken, late.taken]).toEqual([expect.any(Number), [], []]);
    expect(refused).toBeGreaterThan(0);
    process.transport.publish = publish;
    await told();
    await told();
    expect(first.taken).toContain('B');
    expect(late.taken).toContain('A');
  });

  it('of use only at the moment are neither asked for nor repeated', async () => {
    const [teller, follower] = [open(start('engine'), { follows: true }), start('engine')];
    teller.news.note('a', 'A');
    const heard: unknown[] = [];
    const letters = { name: 'letters', schema: z.unknown(), mostBytes: 1_000 };
    follower.bus.subscribe(letters, { onMessage: (message) => void heard.push(message), onGap: () => undefined });
    stops.push(() => follower.stop());
    await told();
    follower.bus.publish(letters, { items: [], asks: true });
    await told();
    expect(heard).toEqual([{ items: ['A'], asks: false }]);
  });
});

describe('what answers show about agents', () => {
  it('is known to the process that tests the agents', async () => {
    const open = (role: 'engine' | 'atlas') => {
      const process = start(role);
      const { proofs, news } = sharedProofs({
        ...{ testsAgents: role === 'atlas', bus: process.bus, clock, onError },
        ownerOf: () => null,
      });
      news.start();
      stops.push(
        () => process.stop(),
        () => news.stop(),
      );
      return proofs;
    };
    const [engine, tester] = [open('engine'), open('atlas')];
    await told();
    const proofOf = tester.watch(ip('10.0.0.1'));
    const request = ping('20.0.0.9');
    const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60 };
    expect(proofOf('ping')).toBeUndefined();
    engine.after(request, { type: 'ping', request, sentAt: 0, reply }, undefined);
    await told();
    expect(proofOf('ping')).toMatchObject({ sender: request.sender, target: request.target });
    expect(tester.watch(ip('10.0.0.1'))('ping')).toBeUndefined();
  });
});

describe('what engines remember about silent targets', () => {
  const HOUR_MS = 3_600_000;
  const TARGET = ip('20.0.0.9');
  const [SOURCE, OTHER, THIRD] = [ip('10.0.0.1'), ip('10.0.0.2'), ip('10.0.0.3')];
  const engine = (process: Process = start('engine')): SilentTargets => {
    const silent = new SilentTargets(
      { firstMs: 300_000, mostMs: HOUR_MS, targetsOfNetwork: 4, capacity: 1_000 },
      () => undefined,
    );
    const shared = sharedSilences({ bus: process.bus, clock, onError, engine: { silentTargets: silent } });
    shared.start();
    stops.push(
      () => process.stop(),
      () => shared.stop(),
    );
    return silent;
  };
  const fall = (silent: SilentTargets, source: number): void => {
    for (const sender of [SOURCE, OTHER])
      silent.recordSilence({ target: TARGET, sender, source, sentAt: clock.now() }, clock.now());
  };
  const skips = (silent: SilentTargets, source: number): boolean => silent.isSilent(TARGET, source, clock.now());

  it('converges: two sources of different engines are enough for all, and an answer to one ends it', async () => {
    const [first, second] = [engine(), engine()];
    await told();
    fall(first, SOURCE);
    await told();
    expect([skips(second, SOURCE), skips(second, THIRD)]).toEqual([true, false]);
    fall(second, OTHER);
    await told();
    for (const silent of [first, second])
      expect([SOURCE, OTHER, THIRD].map((source) => skips(silent, source))).toEqual([true, true, true]);
    second.recordAnswer(TARGET, OTHER, clock.now());
    await told();
    for (const silent of [first, second])
      expect([SOURCE, OTHER, THIRD].map((source) => skips(silent, source))).toEqual([true, false, false]);
  });

  it('reaches an engine that starts later, and one that has missed messages; and ends by itself', async () => {
    const process = start('engine');
    const [first, second] = [engine(), engine(process)];
    process.transport.cut(true);
    await told();
    fall(first, SOURCE);
    await told();
    expect(skips(second, SOURCE)).toBe(false);
    process.transport.cut(false);
    first.recordAnswer(ip('20.0.0.10'), SOURCE, clock.now());
    fall(first, OTHER);
    await told();
    await told();
    expect([skips(second, SOURCE), skips(second, OTHER)]).toEqual([true, true]);
    const late = engine();
    await told();
    await told();
    expect(skips(late, SOURCE)).toBe(true);
    await clock.advance(HOUR_MS);
    expect([first, second, late].map((silent) => skips(silent, SOURCE))).toEqual([false, false, false]);
  });
});

describe('circuit breakers of several processes', () => {
  const process = () => {
    const running = start('engine');
    const shared: SharedCircuits = new SharedCircuits({ bus: running.bus, clock, onError, circuits: () => breaker });
    const breaker: CircuitBreaker = new CircuitBreaker(circuitSettingsSchema.parse({}), {
      ...{ networks: networks(), isOwn: () => false, clock },
      onOpened: () => undefined,
      onClosed: () => undefined,
      onNews: (news) => shared.note(news),
    });
    shared.start();
    stops.push(
      () => running.stop(),
      () => shared.stop(),
    );
    /** Sends probes to AS 64500, which answers or prohibits them. Returns how many were refused here. */
    const probe = (count: number, icmpType: 0 | 3): number => {
      let refused = 0;
      for (let i = 0; i < count; i++) {
        const request = ping(`20.0.${i % 7}.${1 + (i % 97)}`);
        try {
          breaker.before(request);
          breaker.reserve(request);
          const reply = { from: request.target, icmpType, icmpCode: icmpType === 0 ? 0 : 13, rttMs: 1, ttl: 60 };
          const result: PingResult = { type: 'ping', request, sentAt: clock.now(), reply };
          breaker.after(request, result);
        } catch (error) {
          if (!(error instanceof ProbingError)) throw error;
          refused++;
        }
      }
      return refused;
    };
    return { breaker, probe };
  };
  const stateOf = ({ breaker }: ReturnType<typeof process>) =>
    breaker.suspended.map(({ subject, state }) => `${subject} ${state}`);

  it('open and close together, whichever process finds out', async () => {
    const [first, second] = [process(), process()];
    await told();
    first.probe(100, 3);
    expect([stateOf(first), stateOf(second)]).toEqual([['AS64500 open'], []]);
    await told();
    expect(stateOf(second)).toEqual(['AS64500 open']);
    expect(second.probe(3, 0)).toBe(3);
    const [{ retryAt = 0 }] = second.breaker.suspended;
    expect(retryAt).toBe(first.breaker.suspended[0]?.retryAt);
    // A trial that fails prolongs the pause for all; one that succeeds ends it.
    await clock.advance(retryAt - clock.now());
    second.probe(20, 3);
    await told();
    const later = first.breaker.suspended[0]?.retryAt ?? 0;
    expect(later).toBeGreaterThan(retryAt);
    await clock.advance(later - clock.now());
    first.probe(20, 0);
    expect(stateOf(first)).toEqual([]);
    await told();
    expect(stateOf(second)).toEqual([]);
    expect(second.probe(3, 0)).toBe(0);
  });

  it('are known to a process that starts later, and are not opened for ever by a bad clock', async () => {
    const first = process();
    first.probe(100, 3);
    await told();
    const late = process();
    await told();
    await told();
    expect(stateOf(late)).toEqual(['AS64500 open']);
    const pause = { rise: { reason: 'silence', share: 1, usual: 0 }, since: 9e15, until: 9e15, openMs: 9e15 } as const;
    late.breaker.adopt({ network: 64_501, at: 9e15, pause });
    const longestMs = circuitSettingsSchema.parse({}).longestOpenSeconds * 1_000;
    expect(late.breaker.suspended.find(({ subject }) => subject === 'AS64501')?.retryAt).toBe(clock.now() + longestMs);
  });
});

describe('datasets of several processes', () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'revtr-shared-datasets-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));
  const process = async () => {
    const running = start('api');
    const store = new DatasetStore({ directory }, { clock });
    await store.open();
    let reads = 0;
    store.onReplaced(() => reads++);
    const updater = { start: () => undefined, stop: async () => undefined };
    openFacts({ datasets: { store, updater }, cluster: running });
    stops.push(() => running.stop());
    const current = () => store.status().find(({ kind }) => kind === 'prefix2as');
    return { store, current, reads: () => reads, origin: () => store.values.prefix2as?.columns.values[0] };
  };
  const file = (asn: number): Readable => Readable.from([Buffer.from(`20.0.0.0\t16\t${asn}\n`)]);

  it('are read again where one of them has imported a file, once, and never replaced by a damaged one', async () => {
    const [first, second] = [await process(), await process()];
    await first.store.import('prefix2as', file(7), { from: 'import' });
    await expect.poll(second.origin).toBe(7);
    expect(second.current()?.current).toEqual(first.current()?.current);
    await second.store.import('prefix2as', file(8), { from: 'import' });
    await expect.poll(first.origin).toBe(8);
    expect([first.reads(), second.reads()]).toEqual([2, 2]);
    writeFileSync(join(directory, 'prefix2as'), 'nonsense');
    await first.store.refresh('prefix2as');
    expect([first.origin(), first.current()?.failure?.code]).toEqual([8, expect.any(String)]);
  });
});
