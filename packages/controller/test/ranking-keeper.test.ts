import { IngressRanking, PrefixOrigins } from '@revtr/engine';
import { parseIpv4, parsePrefix } from '@revtr/net';
import { RankingRecords, type StoredRankingRecord } from '@revtr/storage';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { RankingKeeper } from '../src/survey/ranking-keeper.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const MINUTE_MS = 60_000;
const SENDER = parseIpv4('5.0.0.2');
const [FIRST, SECOND] = ['6.0.1.1', '6.0.2.1'].map(parseIpv4);
const STAMPS = [parseIpv4('9.0.0.1'), parseIpv4('6.9.0.1')];
const ipToAs = new PrefixOrigins([{ prefix: parsePrefix('6.0.0.0/8'), asn: 6 }]);
const log = pino({ level: 'silent' });

class FragileRecords extends RankingRecords {
  isAway = false;

  override async put(records: readonly StoredRankingRecord[]): Promise<void> {
    if (this.isAway) throw new Error('the database is away');
    await super.put(records);
  }
}

describe('RankingKeeper', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let records: FragileRecords;
  let ranking: IngressRanking;
  let keeper: RankingKeeper;
  const newRanking = (): IngressRanking => new IngressRanking({ vantagePoints: [SENDER] }, { ipToAs, clock });
  /** What a controller that starts now reads. */
  const reread = async (): Promise<IngressRanking> => {
    const again = newRanking();
    await new RankingKeeper({ keptDays: 30 }, { ranking: again, records, clock, log }).open();
    return again;
  };
  beforeEach(() => {
    clock = new ManualClock();
    records = new FragileRecords(database().db);
    ranking = newRanking();
    keeper = new RankingKeeper({ keptDays: 30 }, { ranking, records, clock, log });
  });

  it('stores changes every minute, and reads them back after a restart', async () => {
    keeper.start();
    ranking.observe(SENDER, FIRST, 3, [...STAMPS, FIRST]);
    await clock.advance(MINUTE_MS - 1);
    expect(await records.latest()).toEqual([]);
    await clock.advance(1);
    await vi.waitFor(async () => expect((await records.latest()).length).toBeGreaterThan(0), {
      interval: 2,
      timeout: 30_000,
    });
    ranking.observe(SENDER, FIRST, 4, [...STAMPS, FIRST]);
    await keeper.stop();
    const again = await reread();
    expect(again.rank(FIRST)).toEqual(ranking.rank(FIRST));
    expect(again.rank(FIRST)[0]).toMatchObject({ address: SENDER, distance: 3.5 });
  });

  it('stores changes that could not be stored together with the next ones', async () => {
    records.isAway = true;
    ranking.observe(SENDER, FIRST, 3, [...STAMPS, FIRST]);
    await keeper.flush();
    records.isAway = false;
    ranking.observe(SENDER, SECOND, 5, [...STAMPS, SECOND]);
    await keeper.flush();
    const again = await reread();
    for (const target of [FIRST, SECOND]) expect(again.rank(target)).toEqual(ranking.rank(target));
  });

  it('leaves out rows that are damaged', async () => {
    ranking.observe(SENDER, FIRST, 3, [...STAMPS, FIRST]);
    await keeper.flush();
    const [row] = await records.latest();
    await records.put([{ ...row, key: row.key + 1, ingresses: ['not an address'] }]);
    const again = await reread();
    expect(again.rank(FIRST)).toEqual(ranking.rank(FIRST));
  });

  it('forgets what no answer has confirmed for the time that records are kept, and does not read it back', async () => {
    ranking.observe(SENDER, FIRST, 3, [...STAMPS, FIRST]);
    await keeper.flush();
    keeper.start();
    for (let hour = 0; hour < 30 * 24; hour++) await clock.advance(60 * MINUTE_MS);
    expect(ranking.size.networks).toBe(1);
    await clock.advance(60 * MINUTE_MS);
    expect(ranking.size).toEqual({ prefixes: 0, networks: 0 });
    expect((await records.latest()).length).toBeGreaterThan(0);
    expect((await reread()).size).toEqual({ prefixes: 0, networks: 0 });
    await keeper.stop();
  });
});
