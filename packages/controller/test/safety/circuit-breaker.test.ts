import type { PingRequest, PingResult, Prober, ProbingError } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { CircuitBreaker } from '../../src/safety/circuits/circuit-breaker.ts';
import { circuitSettingsSchema } from '../../src/safety/circuits/settings.ts';
import { GuardedProber } from '../../src/safety/guarded-prober.ts';
import { pooledRandomBytes } from '../../src/safety/random-pool.ts';
import { ManualClock } from '../manual-clock.ts';
import { ip, networks, ping, recordRoute } from './support.ts';

const SETTINGS = circuitSettingsSchema.parse({});
const HOST_UNREACHABLE = 1;
const PROHIBITED = [9, 10, 13];

/** What a network does with a probe: it answers, drops it, or sends "unreachable" with a code. */
type Behaviour = (request: PingRequest) => 'answer' | 'drop' | number;

/** A network of which every tenth address never answers, unless `behave` says otherwise. */
const usual: Behaviour = ({ target }) => (target % 10 === 0 ? 'drop' : 'answer');

class Network {
  readonly clock = new ManualClock();
  readonly events: string[] = [];
  behave: Behaviour = usual;
  sent = 0;
  readonly breaker = new CircuitBreaker(SETTINGS, {
    networks: networks(),
    isOwn: (address) => address === ip('20.0.0.250'),
    clock: this.clock,
    onOpened: ({ subject, reason }) => this.events.push(`opened ${subject} ${reason}`),
    onClosed: (_, subject) => this.events.push(`closed ${subject}`),
  });
  readonly #prober: Prober = {
    ping: async (request): Promise<PingResult> => {
      this.sent++;
      const answer = this.behave(request);
      const result = { type: 'ping', request, sentAt: 0 } as const;
      if (answer === 'drop') return result;
      const [icmpType, icmpCode] = answer === 'answer' ? [0, 0] : [3, answer];
      return { ...result, reply: { from: request.target, icmpType, icmpCode, rttMs: 1, ttl: 60 } };
    },
    traceroute: () => Promise.reject(new Error('none is needed')),
  };
  readonly prober = new GuardedProber({
    prober: this.#prober,
    guards: [this.breaker],
    clock: this.clock,
    randomBytes: pooledRandomBytes,
  });

  /** Sends probes to different addresses, one a second. Returns the errors. */
  async probe(count: number, make: (target: string) => PingRequest, prefix = '20.0'): Promise<ProbingError[]> {
    const errors: ProbingError[] = [];
    for (let i = 0; i < count; i++) {
      await this.prober.ping(make(`${prefix}.${i % 7}.${1 + (i % 97)}`)).catch((error) => errors.push(error));
      await this.clock.advance(1_000);
    }
    return errors;
  }
}

describe('a circuit', () => {
  it.each(PROHIBITED)('opens when probes are administratively prohibited (code %i)', async (code) => {
    const network = new Network();
    await network.probe(200, ping);
    expect(network.events).toEqual([]);
    network.behave = ({ target }) => (target % 2 === 0 ? code : 'answer');
    const errors = await network.probe(100, ping);
    expect(network.events[0]).toBe('opened AS64500 prohibited');
    expect(errors[0]).toMatchObject({ code: 'circuitOpen', details: { kind: 'as', subject: 'AS64500' } });
  });

  it('opens when unreachables rise above their usual level', async () => {
    const network = new Network();
    network.behave = ({ target }) => (target % 3 === 0 ? HOST_UNREACHABLE : 'answer');
    await network.probe(300, ping);
    expect(network.events).toEqual([]);
    network.behave = () => HOST_UNREACHABLE;
    await network.probe(100, ping);
    expect(network.events[0]).toBe('opened AS64500 unreachable');
  });

  it('opens when a network falls silent that used to answer', async () => {
    const network = new Network();
    await network.probe(200, recordRoute);
    network.behave = () => 'drop';
    await network.probe(100, recordRoute);
    expect(network.events[0]).toBe('opened AS64500 silence');
  });

  it('does not open because a network ignores packets with options, as it always did', async () => {
    const network = new Network();
    network.behave = (request) => (request.option === undefined ? 'answer' : 'drop');
    await network.probe(200, ping);
    await network.probe(200, recordRoute);
    await network.probe(20, ping);
    await network.probe(200, recordRoute);
    expect(network.events).toEqual([]);
  });

  it('does not open by the silence of a network whose usual level is not known', async () => {
    const network = new Network();
    network.behave = () => 'drop';
    await network.probe(200, ping);
    expect(network.events).toEqual([]);
  });

  it('does not open for a few dead addresses that are probed again and again', async () => {
    const network = new Network();
    await network.probe(200, ping);
    network.behave = () => 'drop';
    for (let i = 0; i < 200; i++) {
      await network.prober.ping(ping(`20.0.1.${1 + (i % 4)}`));
      await network.clock.advance(1_000);
    }
    expect(network.events).toEqual([]);
  });

  it('does not open by silence when other networks are silent as well, because then the fault is our own', async () => {
    const network = new Network();
    const both = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        await network.probe(1, () => ping(`20.0.0.${1 + (i % 90)}`));
        await network.probe(1, () => ping(`30.0.0.${1 + (i % 90)}`));
      }
    };
    await both(200);
    network.behave = () => 'drop';
    await both(100);
    expect(network.events).toEqual([]);
  });

  it('leaves other networks alone', async () => {
    const network = new Network();
    network.behave = ({ target }) => (target >>> 24 === 20 ? 13 : 'answer');
    await network.probe(100, ping);
    expect(network.events).toEqual(['opened AS64500 prohibited']);
    expect(await network.probe(50, ping, '30.0')).toEqual([]);
  });

  it('lets a few trial probes through, pauses for twice as long while they fail, and closes when they fare as usual', async () => {
    const network = new Network();
    await network.probe(200, ping);
    network.behave = () => 13;
    await network.probe(30, ping);
    const opened = network.clock.now();
    network.sent = 0;
    const errors = await network.probe(600, ping);
    // Pauses of 60, 120, 240 and 480 seconds, with ten trial probes after each of the first three.
    expect(network.sent).toBe(30);
    expect(errors).toHaveLength(570);
    const [{ state, since, reason }] = network.breaker.suspended;
    expect({ state, reason }).toEqual({ state: 'open', reason: 'prohibited' });
    expect(since).toBeLessThanOrEqual(opened);
    network.behave = usual;
    await network.probe(500, ping);
    expect(network.events).toEqual(['opened AS64500 prohibited', 'closed AS64500']);
    expect(network.breaker.suspended).toEqual([]);
    expect(await network.probe(50, ping)).toEqual([]);
  });

  it('repeats a trial whose probes have no outcome', async () => {
    const network = new Network();
    network.behave = () => 13;
    await network.probe(30, ping);
    await network.clock.advance(60_000);
    const over = AbortSignal.abort();
    for (let i = 0; i < 10; i++) await network.prober.ping(ping('20.0.0.1'), over).catch(() => undefined);
    network.behave = usual;
    await network.clock.advance(30_000);
    await network.probe(40, ping);
    expect(network.events).toEqual(['opened AS64500 prohibited', 'closed AS64500']);
  });

  it("does not watch the system's own hosts, nor addresses that nobody is known to announce", async () => {
    const network = new Network();
    network.behave = () => 13;
    for (let i = 0; i < 100; i++) {
      await network.prober.ping(ping('20.0.0.250'));
      await network.prober.ping(ping(`99.0.0.${i}`));
    }
    expect(network.events).toEqual([]);
  });
});
