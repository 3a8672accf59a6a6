import type { Ipv4Address, TimestampEntry } from '@revtr/net';
import type { PingRequest, PingResult, Prober } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { DistanceRanking, PrefixOrigins, SharedPings, Timestamp } from '../src/index.ts';
import { ip, measurementWith, SOURCE, DESTINATION as TARGET } from './support/measurement.ts';

const [VANTAGE_POINT, NEIGHBOUR] = [ip(2), ip(11)];

/** How a router and its neighbour treat the Timestamp option. */
interface Behaviour {
  readonly targetStamps: boolean;
  /** Whether the target fills every slot that is left, whoever it is for. */
  readonly fillsAll?: boolean;
  /** Whether the neighbour lies before the target, and behind it on the way to the source. */
  readonly isBefore?: boolean;
  readonly isBehind?: boolean;
  /** Milliseconds from the target to its neighbour. */
  readonly apartMs?: number;
  /** Whom the target answers. Default: everybody. */
  readonly answers?: (request: PingRequest) => boolean;
}

/** Answers for one target by the rules of RFC 791: an address is stamped when the pointer is at it. */
class OneTarget implements Prober {
  readonly #behaviour: Behaviour;

  constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
  }

  async ping(request: PingRequest): Promise<PingResult> {
    const { option, target } = request;
    const isAnswered = this.#behaviour.answers?.(request) ?? true;
    if (!isAnswered || option?.type !== 'timestamp' || typeof option.slots === 'number')
      return { type: 'ping', request, sentAt: 5 };
    const timestamps = this.#stamps(option.slots, request);
    return {
      type: 'ping',
      request,
      sentAt: 5,
      reply: { from: target, icmpType: 0, icmpCode: 0, rttMs: 20, ttl: 60, timestamps },
    };
  }

  async traceroute(): Promise<never> {
    throw new Error('none is needed');
  }

  #stamps(slots: readonly Ipv4Address[], request: PingRequest): TimestampEntry[] {
    const { targetStamps, fillsAll, isBefore, isBehind, apartMs = 10 } = this.#behaviour;
    const times: number[] = [];
    const pass = (address: Ipv4Address, at: number): void => {
      if (slots[times.length] === address) times.push(at);
    };
    if (isBefore === true) pass(NEIGHBOUR, 90);
    if (targetStamps) pass(TARGET, 100);
    while (fillsAll === true && times.length < slots.length) times.push(100);
    if (isBehind === true && (request.sender === SOURCE || request.spoof !== undefined)) pass(NEIGHBOUR, 100 + apartMs);
    return slots.map((address, i) => (i < times.length ? { address, milliseconds: times[i] } : { address }));
  }
}

/** Lets the technique test the one neighbour that the atlas of another source knows. */
async function test(behaviour: Behaviour, isDefault = true) {
  const prober = new SharedPings(new OneTarget(behaviour));
  const ranking = new DistanceRanking({ vantagePoints: [VANTAGE_POINT] }, { ipToAs: new PrefixOrigins([]) });
  const measurement = measurementWith(prober, { prober, ranking });
  const { atlas, stats } = measurement;
  const other = ip(200);
  atlas.add({ platform: 'vantagePoint', origin: TARGET, source: other, at: 0, hops: [TARGET, NEIGHBOUR, other] });
  const technique = new Timestamp({ isDefault, candidatesPerHop: 4, spoofersPerHop: 2, timeoutMs: 1_000 });
  const extension = await technique.extend(measurement);
  const [hop] = extension.outcome === 'extended' ? extension.hops : [];
  const proof = hop?.evidence.type === 'timestamp' ? hop.evidence.proof : undefined;
  return { outcome: extension.outcome, address: hop?.address, technique: hop?.technique, proof, stats };
}

describe('timestamps', () => {
  it('prove a neighbour that stamps after the target, by its time', async () => {
    const found = await test({ targetStamps: true, isBehind: true });
    expect(found).toMatchObject({
      address: NEIGHBOUR,
      technique: 'timestamp',
      proof: 'order',
      stats: { timestampPings: 1 },
    });
  });

  it('are repeated when the times are too close, and are believed if the target stamps only its own addresses', async () => {
    const found = await test({ targetStamps: true, isBehind: true, apartMs: 1 });
    expect(found).toMatchObject({ address: NEIGHBOUR, proof: 'honest', stats: { timestampPings: 2 } });
  });

  it('do not believe a target that fills the slots of others', async () => {
    expect((await test({ targetStamps: true, fillsAll: true })).outcome).toBe('nothingFound');
  });

  it('do not prove a neighbour that is off the path, or only before the target', async () => {
    expect((await test({ targetStamps: true })).outcome).toBe('nothingFound');
    expect((await test({ targetStamps: true, isBefore: true })).outcome).toBe('nothingFound');
  });

  it('are sent by vantage points when the source gets no answer', async () => {
    const found = await test({ targetStamps: true, isBehind: true, answers: ({ sender }) => sender === VANTAGE_POINT });
    expect(found).toMatchObject({
      address: NEIGHBOUR,
      technique: 'spoofedTimestamp',
      stats: { spoofedTimestampPings: 1 },
    });
    expect(await test({ targetStamps: true, answers: () => false })).toMatchObject({ outcome: 'nothingFound' });
  });

  it('prove a neighbour of a target that never stamps by a stamp on both paths, or on the reverse path only', async () => {
    const both = await test({ targetStamps: false, isBefore: true, isBehind: true });
    expect(both).toMatchObject({ address: NEIGHBOUR, technique: 'timestampDoubleStamp', proof: 'bothWays' });
    expect(await test({ targetStamps: false, isBehind: true })).toMatchObject({ proof: 'backOnly' });
    expect((await test({ targetStamps: false, isBefore: true })).outcome).toBe('nothingFound');
  });

  it('are sent only if the plan or the request enables them', async () => {
    const found = await test({ targetStamps: true, isBehind: true }, false);
    expect(found).toMatchObject({ outcome: 'notApplicable', stats: { timestampPings: 0 } });
  });
});
