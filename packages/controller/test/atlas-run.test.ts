import { AliasSets, Atlas, DistanceRanking, NO_RELATIONS, PrefixOrigins } from '@revtr/engine';
import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import { cancelled, createRandom, type Prober, systemClock } from '@revtr/probing';
import { RipeAtlasError } from '@revtr/ripe-atlas';
import { AtlasRuns } from '@revtr/storage';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { carryOut } from '../src/atlas/atlas-run.ts';
import { RipeAtlasAccess } from '../src/atlas/ripe-access.ts';
import { beginRun, type RunRecord } from '../src/atlas/run-record.ts';
import { useDatabase } from './test-database.ts';

const [SOURCE, ORIGIN] = ['5.0.0.1', '7.0.0.1'].map(parseIpv4);
const log = pino({ level: 'silent' });

describe('an atlas run', () => {
  const database = useDatabase();
  const begin = (): Promise<RunRecord> =>
    beginRun(new AtlasRuns(database().db), {
      ...{ source: SOURCE, userId: undefined, keyId: undefined, cause: 'new', payer: 'system', estimatedCredits: 0 },
      ...{ origins: [ORIGIN], probes: [], tag: 'tag', at: 1 },
    });
  const ripe = new RipeAtlasAccess(
    {
      ...{ url: 'http://127.0.0.1:9', streamUrl: 'ws://127.0.0.1:9', key: undefined, probes: 1 },
      ...{ refreshCreditsPerDay: 0, onDemandCreditsPerDay: 0 },
    },
    { clock: systemClock, random: createRandom(1), fetch: () => Promise.reject(new Error('not asked')) },
  );
  const partsWith = (
    traceroute: Prober['traceroute'],
    chooseProbes: (signal: AbortSignal) => Promise<number[]>,
    ping: Prober['ping'] = () => Promise.reject(cancelled()),
  ) => {
    const [aliases, ipToAs, random] = [new AliasSets(), new PrefixOrigins([]), createRandom(1)];
    return {
      engineParts: {
        prober: { traceroute, ping },
        ...{ clock: systemClock, aliases, ipToAs, relations: NO_RELATIONS, mayProbe: () => true },
        atlas: new Atlas({ aliases, ipToAs }),
        ranking: new DistanceRanking({ vantagePoints: [] }, { ipToAs }),
      },
      ...{ ripe, chooseProbes, stored: async () => undefined, random, log },
    };
  };
  const never = new AbortController().signal;

  it('fails at once, and aborts its requests to RIPE Atlas, when the traceroutes of vantage points fail unexpectedly', async () => {
    const run = await begin();
    let isAborted = false;
    const waiting = (signal: AbortSignal): Promise<number[]> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(cancelled());
        });
      });
    await carryOut(
      run,
      undefined,
      partsWith(() => Promise.reject(new Error('a defect')), waiting),
      never,
    );
    expect([run.state, isAborted]).toEqual(['failed', true]);
    expect(run.reason).toContain('unexpectedly');
  });

  it('says once what went wrong with RIPE Atlas, however often it is interrupted', async () => {
    const run = await begin();
    const refuse = () => Promise.reject(new RipeAtlasError('unreachable', 'it does not answer', { host: '127.0.0.1' }));
    for (let i = 0; i < 3; i++) {
      const over = new AbortController();
      const traceroute: Prober['traceroute'] = async () => {
        over.abort();
        throw cancelled();
      };
      await expect(carryOut(run, undefined, partsWith(traceroute, refuse), over.signal)).rejects.toThrow();
    }
    expect(run.details.notes).toEqual(['RIPE Atlas: it does not answer']);
  });

  it('counts the Record Route pings before and after an interruption, and pings no hop twice', async () => {
    const run = await begin();
    const routers = Array.from({ length: 60 }, (_, i) => parseIpv4(`5.0.1.${i + 1}`));
    const hops = [...routers, SOURCE].map((from, i) => ({ ttl: i + 1, from, rttMs: 1 }));
    const traceroute: Prober['traceroute'] = async (request) => {
      const at = systemClock.now();
      return { type: 'traceroute', request, startedAt: at, endedAt: at, stop: 'completed', hops, probesSent: 61 };
    };
    const answered: Ipv4Address[] = [];
    const over = new AbortController();
    const ping: Prober['ping'] = async (request, signal) => {
      if (answered.length === 25) over.abort();
      if (signal?.aborted) throw cancelled();
      answered.push(request.target);
      const recordRoute = [request.target, parseIpv4('5.0.2.1')];
      const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, recordRoute };
      return { type: 'ping', request, sentAt: systemClock.now(), reply };
    };
    const parts = partsWith(traceroute, async () => [], ping);
    await expect(carryOut(run, undefined, parts, over.signal)).rejects.toThrow();
    expect(run.details.report).toMatchObject({ recordRoutePings: 25, answered: 25 });
    await carryOut(run, undefined, parts, never);
    expect(run.details.report).toMatchObject({ recordRoutePings: 60, answered: 60 });
    expect([run.state, answered.length, new Set(answered).size]).toEqual(['done', 60, 60]);
  });
});
