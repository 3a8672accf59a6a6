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
import { RecordedWork } from '../src/audit/recorded-work.ts';
import { settle } from './manual-clock.ts';
import { Recording } from './recording.ts';
import { useDatabase } from './test-database.ts';

const [SOURCE, ORIGIN, BEHIND] = ['5.0.0.1', '7.0.0.1', '5.0.2.1'].map(parseIpv4);
const ROUTERS = Array.from({ length: 60 }, (_, i) => parseIpv4(`5.0.1.${i + 1}`));
const log = pino({ level: 'silent' });

/** Traceroutes arrive over all routers. */
const arrives: Prober['traceroute'] = async (request) => {
  const at = systemClock.now();
  const hops = [...ROUTERS, SOURCE].map((from, i) => ({ ttl: i + 1, from, rttMs: 1 }));
  return { type: 'traceroute', request, startedAt: at, endedAt: at, stop: 'completed', hops, probesSent: 61 };
};

/** Pings are answered with a stamp behind that of the target. `before` is called before each. */
const answersTo =
  (answered: Ipv4Address[], before: () => void): Prober['ping'] =>
  async (request, signal) => {
    before();
    if (signal?.aborted) throw cancelled();
    answered.push(request.target);
    const recordRoute = [request.target, BEHIND];
    const reply = { from: request.target, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60, recordRoute };
    return { type: 'ping', request, sentAt: systemClock.now(), reply };
  };

describe('an atlas run', () => {
  const database = useDatabase();
  const begin = (): Promise<RunRecord> =>
    beginRun(new AtlasRuns(database().db), {
      ...{ source: SOURCE, userId: undefined, keyId: undefined, cause: 'new', payer: 'system', estimatedCredits: 0 },
      ...{ origins: [ORIGIN], probes: [], tag: 'tag', at: 1 },
    });
  const partsWith = ({
    audit = new Recording(),
    chooseProbes = async () => [],
    fetch = () => Promise.reject(new Error('not asked')),
    ping = () => Promise.reject(cancelled()),
    traceroute = arrives,
  }: Partial<Prober> & {
    readonly audit?: Recording;
    readonly chooseProbes?: (signal: AbortSignal) => Promise<number[]>;
    readonly fetch?: typeof globalThis.fetch;
  }) => {
    const [aliases, ipToAs, random] = [new AliasSets(), new PrefixOrigins([]), createRandom(1)];
    const ripe = new RipeAtlasAccess(
      {
        ...{ url: 'http://127.0.0.1:9', streamUrl: 'ws://127.0.0.1:9', key: undefined, probes: 1 },
        ...{ refreshCreditsPerDay: 0, onDemandCreditsPerDay: 0 },
      },
      { clock: systemClock, random, fetch },
    );
    return {
      engineParts: {
        prober: { traceroute, ping },
        ...{ clock: systemClock, aliases, ipToAs, relations: NO_RELATIONS, mayProbe: () => true },
        atlas: new Atlas({ aliases, ipToAs }),
        ranking: new DistanceRanking({ vantagePoints: [] }, { ipToAs }),
      },
      ...{ ripe, chooseProbes, stored: async () => undefined, recorded: new RecordedWork(audit), random, log },
    };
  };
  const never = new AbortController().signal;

  it('fails at once, and aborts its requests to RIPE Atlas, when the traceroutes of vantage points fail unexpectedly', async () => {
    const run = await begin();
    let isAborted = false;
    const chooseProbes = (signal: AbortSignal): Promise<number[]> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(cancelled());
        });
      });
    const traceroute = () => Promise.reject(new Error('a defect'));
    await carryOut(run, undefined, partsWith({ traceroute, chooseProbes }), never);
    expect([run.state, isAborted]).toEqual(['failed', true]);
    expect(run.reason).toContain('unexpectedly');
  });

  it('says once what went wrong with RIPE Atlas, however often it is interrupted', async () => {
    const run = await begin();
    const chooseProbes = () =>
      Promise.reject(new RipeAtlasError('unreachable', 'it does not answer', { host: '127.0.0.1' }));
    for (let i = 0; i < 3; i++) {
      const over = new AbortController();
      const traceroute: Prober['traceroute'] = async () => {
        over.abort();
        throw cancelled();
      };
      await expect(carryOut(run, undefined, partsWith({ traceroute, chooseProbes }), over.signal)).rejects.toThrow();
    }
    expect(run.details.notes).toEqual(['RIPE Atlas: it does not answer']);
  });

  it('counts the Record Route pings before and after an interruption, and pings no hop twice', async () => {
    const run = await begin();
    const answered: Ipv4Address[] = [];
    const over = new AbortController();
    const parts = partsWith({ ping: answersTo(answered, () => answered.length === 25 && over.abort()) });
    await expect(carryOut(run, undefined, parts, over.signal)).rejects.toThrow();
    expect(run.details.report).toMatchObject({ recordRoutePings: 25, answered: 25 });
    await carryOut(run, undefined, parts, never);
    expect(run.details.report).toMatchObject({ recordRoutePings: 60, answered: 60 });
    expect([run.state, answered.length, new Set(answered).size]).toEqual(['done', 60, 60]);
  });

  describe('whose probes cannot be recorded', () => {
    /** A traceroute whose probes cannot be recorded while the audit cannot. */
    const recordedBy =
      (audit: Recording, before: () => void): Prober['traceroute'] =>
      async (request, signal) => {
        before();
        if (!audit.canRecord || signal?.aborted) throw cancelled();
        return arrives(request);
      };

    it('goes on with RIPE Atlas, where each measurement is created once, and then repeats what its vantage points lack', async () => {
      const run = await begin();
      const audit = new Recording();
      const tries: boolean[] = [];
      const created = Promise.withResolvers<Response>();
      const creations: (AbortSignal | null | undefined)[] = [];
      const fetch: typeof globalThis.fetch = async (_, init) => {
        if (init?.method !== 'POST') return Response.json({ count: 0, next: null, previous: null, results: [] });
        creations.push(init.signal);
        audit.set(false);
        return created.promise;
      };
      const traceroute = recordedBy(audit, () => void tries.push(audit.canRecord));
      const answered: Ipv4Address[] = [];
      let interruptions = 0;
      const ping = answersTo(answered, () => {
        if (answered.length !== 25 || interruptions > 0) return;
        interruptions++;
        audit.set(false);
        setImmediate(() => audit.set(true));
      });
      let ended = false;
      const parts = partsWith({
        ...{ audit, fetch, ping },
        chooseProbes: async () => [1],
        traceroute: async (...asked) => {
          await expect.poll(() => creations.length).toBe(1);
          return traceroute(...asked);
        },
      });
      const running = carryOut(run, 'key', parts, never).finally(() => {
        ended = true;
      });
      await expect.poll(() => tries).toEqual([false]);
      await settle();
      expect([ended, creations.map((signal) => signal?.aborted)]).toEqual([false, [false]]);
      created.resolve(Response.json({ error: { status: 403, title: 'Forbidden', detail: 'no' } }, { status: 403 }));
      await expect.poll(() => run.details.notes.length).toBe(1);
      audit.set(true);
      await running;
      expect([run.state, run.reason, creations.length, tries]).toEqual(['done', undefined, 1, [false, true]]);
      expect(run.details.report).toMatchObject({ arrived: 1, recordRoutePings: 60, answered: 60 });
      expect([answered.length, new Set(answered).size]).toEqual([60, 60]);
    });

    it('ends when another part fails, or when it is interrupted itself', async () => {
      for (const end of ['fails', 'interrupted'] as const) {
        const run = await begin();
        const audit = new Recording();
        const over = new AbortController();
        const choosing = Promise.withResolvers<number[]>();
        const traceroute = recordedBy(audit, () => audit.set(false));
        const parts = partsWith({ audit, traceroute, chooseProbes: () => choosing.promise });
        const running = carryOut(run, undefined, parts, over.signal);
        await expect.poll(() => audit.canRecord).toBe(false);
        await settle();
        if (end === 'interrupted') {
          over.abort();
          choosing.resolve([]);
          await expect(running).rejects.toMatchObject({ code: 'cancelled' });
        } else {
          choosing.reject(new Error('a defect'));
          await running;
        }
        expect(run.state).toBe(end === 'fails' ? 'failed' : 'running');
      }
    });
  });
});
