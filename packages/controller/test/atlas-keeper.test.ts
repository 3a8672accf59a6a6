import { AliasSets, Atlas, PrefixOrigins } from '@revtr/engine';
import { formatIpv4, type Ipv4Address, parseIpv4 } from '@revtr/net';
import { type AtlasChange, Atlases } from '@revtr/storage';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { AtlasKeeper } from '../src/atlas/atlas-keeper.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const DELAY_MS = 1_000;
const SOURCE = parseIpv4('192.0.2.1');
const ROUTER = parseIpv4('203.0.113.1');
const [A, B, C] = ['198.51.100.1', '198.51.100.2', '198.51.100.3'].map(parseIpv4);
const log = pino({ level: 'silent' });

class FragileAtlases extends Atlases {
  isAway = false;
  attempts = 0;

  override async change(changes: ReadonlyMap<string, AtlasChange>): Promise<void> {
    this.attempts++;
    if (this.isAway) throw new Error('the database is away');
    await super.change(changes);
  }

  override async putEvidence(evidence: Parameters<Atlases['putEvidence']>[0]): Promise<void> {
    if (this.isAway) throw new Error('the database is away');
    await super.putEvidence(evidence);
  }
}

describe('AtlasKeeper', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let records: FragileAtlases;
  let atlas: Atlas;
  let keeper: AtlasKeeper;
  const newAtlas = (): Atlas => new Atlas({ aliases: new AliasSets(), ipToAs: new PrefixOrigins([]) });
  const add = (origin: Ipv4Address, into = atlas): void => {
    into.add({ platform: 'vantagePoint', origin, source: SOURCE, at: clock.now(), hops: [origin, ROUTER, SOURCE] });
  };
  const storedOrigins = async (): Promise<string[]> =>
    (await records.of(formatIpv4(SOURCE))).paths.map(({ origin }) => origin).toSorted();
  const stored = (...origins: Ipv4Address[]): Promise<void> =>
    vi.waitFor(async () => expect(await storedOrigins()).toEqual(origins.map(formatIpv4)), {
      interval: 2,
      timeout: 30_000,
    });
  beforeEach(async () => {
    clock = new ManualClock();
    records = new FragileAtlases(database().db);
    atlas = newAtlas();
    keeper = new AtlasKeeper({ delayMs: DELAY_MS }, { atlas, records, clock, log });
    await keeper.open([SOURCE]);
  });

  it('stores changes together after the delay, not before', async () => {
    add(A);
    await clock.advance(DELAY_MS - 1);
    add(B);
    expect(await storedOrigins()).toEqual([]);
    await clock.advance(1);
    await stored(A, B);
    expect(records.attempts).toBe(1);
  });

  it('stores at once what is flushed', async () => {
    add(A);
    await keeper.flush();
    expect(await storedOrigins()).toEqual([formatIpv4(A)]);
  });

  it('reads everything back, tails included', async () => {
    add(A);
    atlas.addTails(SOURCE, [{ target: ROUTER, sender: SOURCE, at: clock.now(), stamps: [ROUTER, SOURCE] }]);
    await keeper.flush();
    const again = newAtlas();
    await new AtlasKeeper({ delayMs: DELAY_MS }, { atlas: again, records, clock, log }).open([SOURCE]);
    expect(again.traceroutesTo(SOURCE)).toEqual(atlas.traceroutesTo(SOURCE));
    expect([...(again.of(SOURCE)?.tails() ?? [])]).toEqual([...(atlas.of(SOURCE)?.tails() ?? [])]);
  });

  it('keeps what was measured before it opened, in place of what is stored', async () => {
    add(A);
    await keeper.flush();
    const measured = newAtlas();
    add(B, measured);
    await new AtlasKeeper({ delayMs: DELAY_MS }, { atlas: measured, records, clock, log }).open([SOURCE]);
    expect(await storedOrigins()).toEqual([formatIpv4(B)]);
  });

  it('removes from the database what the atlas forgets', async () => {
    add(A);
    await keeper.flush();
    await clock.advance(10);
    add(B);
    atlas.expire(SOURCE, { paths: clock.now(), unusedTails: clock.now() });
    await keeper.flush();
    expect(await storedOrigins()).toEqual([formatIpv4(B)]);
    await keeper.clear(SOURCE);
    expect([await storedOrigins(), atlas.of(SOURCE)]).toEqual([[], undefined]);
  });

  it('tries changes that could not be stored again after growing pauses, without another change', async () => {
    records.isAway = true;
    add(A);
    for (let passed = 0; passed < 8_000; passed += 1_000) await clock.advance(1_000);
    // At 1, 2, 4 and 8 seconds.
    expect(records.attempts).toBe(4);
    records.isAway = false;
    await clock.advance(8_000);
    await stored(A);
    await clock.advance(600_000);
    expect([records.attempts, clock.sleeping]).toEqual([5, 0]);
  });

  it('stores alias evidence that could not be stored before', async () => {
    records.isAway = true;
    atlas.evidence.add(A, B, 'linkEnd', clock.now());
    await keeper.flush();
    records.isAway = false;
    await keeper.flush();
    expect(await records.evidence()).toMatchObject([{ first: formatIpv4(A), second: formatIpv4(B), count: 1 }]);
  });

  it('does not bring back what was removed while the database was away', async () => {
    add(A);
    await keeper.flush();
    await clock.advance(10);
    records.isAway = true;
    add(B);
    await keeper.flush();
    atlas.expire(SOURCE, { paths: clock.now() + 1, unusedTails: clock.now() });
    await keeper.flush();
    add(C);
    records.isAway = false;
    await keeper.flush();
    expect(await storedOrigins()).toEqual([formatIpv4(C)]);
  });

  it('removes the pings to hops that are on no path any more, also when the database was away, and keeps newer ones', async () => {
    const ping = (target: Ipv4Address): void =>
      atlas.addTails(SOURCE, [{ target, sender: SOURCE, at: clock.now(), stamps: [] }]);
    const storedHops = async (): Promise<string[]> =>
      (await records.of(formatIpv4(SOURCE))).tails.map(({ target }) => target).toSorted();
    for (const hop of [ROUTER, A, B]) ping(hop);
    add(C);
    await keeper.flush();
    expect(await storedHops()).toEqual([A, B, ROUTER].map(formatIpv4));
    records.isAway = true;
    await clock.advance(10);
    atlas.expire(SOURCE, { paths: 0, unusedTails: clock.now() });
    await keeper.flush();
    ping(B);
    records.isAway = false;
    await keeper.flush();
    expect(await storedHops()).toEqual([B, ROUTER].map(formatIpv4));
  });
});
