import { defaultPlan, revtr1Plan, revtr2Plan } from '@revtr/engine';
import { type PingRequest, type Prober, ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { AuditGuard } from '../src/audit/audit-guard.ts';
import { type AuditRecord, TECHNIQUES } from '../src/audit/audit-record.ts';
import { GuardedProber, type ProbeGuard } from '../src/safety/guarded-prober.ts';
import { probingFor, withTechnique } from '../src/safety/probe-context.ts';
import { pooledRandomBytes } from '../src/safety/random-pool.ts';
import { ManualClock } from './manual-clock.ts';

const PING: PingRequest = { type: 'ping', sender: 1, target: 2, timeoutMs: 1_000 };
const CAUSE = { type: 'measurement', measurementId: 7, batchId: 3, userId: 2, keyId: 5 } as const;

/** A prober that keeps what reaches it. */
class Wire implements Prober {
  readonly sent: (PingRequest | Parameters<Prober['traceroute']>[0])[] = [];

  async ping(request: PingRequest) {
    this.sent.push(request);
    return { type: 'ping', request, sentAt: 0 } as const;
  }

  async traceroute(request: Parameters<Prober['traceroute']>[0]) {
    this.sent.push(request);
    return {
      type: 'traceroute',
      request,
      startedAt: 0,
      endedAt: 0,
      stop: 'completed',
      hops: [],
      probesSent: 3,
    } as const;
  }
}

function audited(others: readonly ProbeGuard[] = []) {
  const clock = new ManualClock();
  const wire = new Wire();
  const records: AuditRecord[] = [];
  const refused: string[] = [];
  const disk = { isFull: false };
  const onRecord = { call: (): void => undefined };
  const audit = {
    add: async (record: AuditRecord): Promise<void> => {
      if (disk.isFull) throw new Error('ENOSPC');
      records.push(record);
      onRecord.call();
    },
  };
  const guard = new AuditGuard({ audit, clock });
  const prober = new GuardedProber({
    prober: wire,
    guards: [...others, guard],
    clock,
    randomBytes: pooledRandomBytes,
    onRefused: (_request, { code }) => refused.push(code),
  });
  return { wire, records, refused, disk, onRecord, prober, clock };
}

/** A guard that holds every probe, and notes what it is told of them. */
class Holding implements ProbeGuard {
  readonly told: string[] = [];
  readonly #holdMs: number;

  constructor(holdMs: number) {
    this.#holdMs = holdMs;
  }

  reserve(): number {
    this.told.push('reserved');
    return this.#holdMs;
  }

  unsent(): void {
    this.told.push('unsent');
  }

  after(): void {
    this.told.push('after');
  }

  abandoned(_request: unknown, _cause: unknown, waitedMs: number): void {
    this.told.push(`abandoned after ${waitedMs} ms`);
  }
}

describe('a guarded prober with the audit', () => {
  it('records what a probe is sent for before it is sent', async () => {
    const { prober, records, wire } = audited();
    await probingFor(CAUSE, async () => {
      await withTechnique('recordRoute', () => prober.ping({ ...PING, option: { type: 'recordRoute', slots: 9 } }));
      await prober.traceroute({ type: 'traceroute', sender: 1, target: 9, timeoutMs: 1_000, maxHops: 10, attempts: 3 });
    });
    await probingFor({ type: 'atlasRun', runId: 11, userId: 4, keyId: 6 }, () => prober.ping(PING));
    await probingFor({ type: 'agentTest', agent: 77 }, () => prober.ping(PING));
    await probingFor({ type: 'survey' }, () => withTechnique('recordRoute', () => prober.ping(PING)));
    await prober.ping(PING);
    expect(wire.sent).toHaveLength(6);
    expect(records).toMatchObject([
      { kind: 'recordRoute', packets: 1, technique: 'recordRoute', causeId: 7, batchId: 3, userId: 2, keyId: 5 },
      { kind: 'traceroute', packets: 30, technique: 'none', cause: 'measurement', target: 9 },
      { kind: 'ping', cause: 'atlasRun', causeId: 11, userId: 4, batchId: 0, keyId: 6 },
      { kind: 'ping', cause: 'agentTest', causeId: 77, userId: 0 },
      { cause: 'survey', technique: 'none', causeId: 0 },
      { cause: 'unknown', sender: 1, target: 2, claimedSource: undefined, mark: 0 },
    ]);
  });

  it('records the mark with which a spoofed probe is sent, and keeps its token secret', async () => {
    const { prober, records, wire } = audited();
    const request = { ...PING, spoof: { claimedSource: 8, receiver: 8 } };
    const result = await prober.ping(request);
    const [sent] = wire.sent;
    const mark = sent.type === 'ping' ? sent.spoof?.mark : undefined;
    expect(records).toMatchObject([{ claimedSource: 8 }]);
    expect([records[0].mark >>> 16, records[0].mark & 0xffff]).toEqual([mark?.identifier, mark?.sequence]);
    expect(result.request).toBe(request);
    await prober.ping(request);
    expect(records[1].mark).not.toBe(records[0].mark);
  });

  it('does not send what is cancelled while it is recorded', async () => {
    const holding = new Holding(0);
    const { prober, records, wire, onRecord } = audited([holding]);
    const over = new AbortController();
    onRecord.call = () => over.abort();
    await expect(prober.ping(PING, over.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect([records.length, wire.sent.length]).toEqual([1, 0]);
    expect(holding.told).toEqual(['reserved', 'unsent']);
  });

  it('sends nothing that it cannot record, and sends again when it can', async () => {
    const { prober, disk, wire, refused } = audited();
    disk.isFull = true;
    await expect(prober.ping(PING)).rejects.toMatchObject({ code: 'auditUnavailable' });
    expect(wire.sent).toEqual([]);
    expect(refused).toEqual(['auditUnavailable']);
    disk.isFull = false;
    await prober.ping(PING);
    expect(wire.sent).toHaveLength(1);
  });

  it('does not record what another guard refuses', async () => {
    const budget: ProbeGuard = {
      before: () => {
        throw new ProbingError('invalidRequest', 'no budget');
      },
    };
    const { prober, records, refused } = audited([budget]);
    await expect(prober.ping(PING)).rejects.toThrow('no budget');
    expect(records).toEqual([]);
    expect(refused).toEqual(['invalidRequest']);
  });

  it('records a probe that must wait when it leaves', async () => {
    const holding = new Holding(5_000);
    const { prober, records, wire, clock } = audited([holding]);
    const start = clock.now();
    const held = prober.ping(PING);
    await clock.advance(4_999);
    expect([records, wire.sent]).toEqual([[], []]);
    await clock.advance(1);
    await held;
    expect(records).toMatchObject([{ at: start + 5_000 }]);
    expect(wire.sent).toHaveLength(1);
    expect(holding.told).toEqual(['reserved', 'after']);
  });

  it('does not record a probe that is cancelled while it waits', async () => {
    const holding = new Holding(5_000);
    const { prober, records, refused, wire, clock } = audited([holding]);
    const abort = new AbortController();
    const ended = expect(prober.ping(PING, abort.signal)).rejects.toMatchObject({ code: 'cancelled' });
    await clock.advance(1_000);
    abort.abort();
    await ended;
    await clock.advance(10_000);
    expect([records, wire.sent, refused]).toEqual([[], [], []]);
    expect(holding.told).toEqual(['reserved', 'unsent']);
  });

  it('does not record a probe that a kill switch stops while it waits', async () => {
    const holding = new Holding(5_000);
    let isSet = false;
    const killSwitch: ProbeGuard = {
      before: () => {
        if (isSet) throw new ProbingError('killSwitch', 'stopped', { scope: 'probing', subject: '' });
      },
    };
    const { prober, records, refused, clock } = audited([killSwitch, holding]);
    const ended = expect(prober.ping(PING)).rejects.toMatchObject({ code: 'killSwitch' });
    isSet = true;
    await clock.advance(5_000);
    await ended;
    expect([records, refused]).toEqual([[], ['killSwitch']]);
    expect(holding.told).toEqual(['reserved', 'unsent']);
  });

  it('gives back what was reserved for a probe that it cannot record', async () => {
    const holding = new Holding(0);
    const { prober, disk } = audited([holding]);
    disk.isFull = true;
    await expect(prober.ping(PING)).rejects.toMatchObject({ code: 'auditUnavailable' });
    expect(holding.told).toEqual(['reserved', 'unsent']);
  });

  it('tells a refusal of the prober, a failure and an answer that nobody waits for from each other', async () => {
    const clock = new ManualClock();
    const told = async (error: ProbingError): Promise<readonly string[]> => {
      const holding = new Holding(0);
      const prober: Prober = {
        ping: async () => {
          await clock.sleep(400);
          throw error;
        },
        traceroute: () => Promise.reject(new Error('not used')),
      };
      const guarded = new GuardedProber({ prober, guards: [holding], clock, randomBytes: pooledRandomBytes });
      const ended = expect(guarded.ping(PING)).rejects.toBe(error);
      await clock.advance(400);
      await ended;
      return holding.told.slice(1);
    };
    expect(await told(new ProbingError('targetBudget', 'later', { retryAfterMs: 9 }))).toEqual(['unsent']);
    expect(await told(new ProbingError('proberStopped', 'gone'))).toEqual(['abandoned after 0 ms']);
    expect(await told(new ProbingError('cancelled', 'enough'))).toEqual(['abandoned after 400 ms']);
  });

  it('knows the techniques of every plan', () => {
    for (const plan of [defaultPlan, revtr1Plan, revtr2Plan])
      for (const { name } of plan.techniques()) expect(TECHNIQUES).toContain(name);
  });

  it('counts the wait for an answer from when the probe has left, because time in the own system is no silence', async () => {
    const clock = new ManualClock();
    const waits: number[] = [];
    const left = Promise.withResolvers<number>();
    const prober = new GuardedProber({
      prober: {
        ping: async (request, signal, hooks) => {
          hooks?.onQueued?.(left.promise);
          await clock.sleep(600_000, signal);
          return { type: 'ping', request, sentAt: 0 };
        },
        traceroute: () => Promise.reject(new Error('not used')),
      },
      guards: [{ abandoned: (_request, _cause, waitedMs) => waits.push(waitedMs) }],
      clock,
      randomBytes: pooledRandomBytes,
    });
    const [early, late] = [new AbortController(), new AbortController()];
    const pings = [early, late].map(({ signal }) => prober.ping(PING, signal).catch(() => undefined));
    await clock.advance(5_000);
    early.abort();
    left.resolve(100);
    await clock.advance(700);
    late.abort();
    await Promise.all(pings);
    expect(waits).toEqual([0, 600]);
  });
});
