import { DEFAULT_SAFETY, probingFor } from '@revtr/controller';
import { defaultPlan, type ReverseTraceroute, ReverseTracerouteEngine, SIMULATED_ASSUMPTIONS } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import type { Prober } from '@revtr/probing';
import { simParameters } from '@revtr/sim';
import { describe, expect, it } from 'vitest';
import { safeProber } from '../src/world/safe-prober.ts';
import { SimulatedWorld } from '../src/world/simulated-world.ts';

// In June 2026 the same 400 addresses, which no longer answered, were measured 700 to 950 times a day each. A quarter of them suffices to show it.
const DEAD_TARGETS = 100;
const REQUESTS_PER_DAY = 700;
const USERS = 50;
const OTHER_MEASUREMENTS = 1_000;
const DAY_MS = 86_400_000;
const MIDNIGHT = Date.UTC(2026, 5, 14);

/** Counts the packets that leave, by target, independently of the budgets. */
function counting(prober: Prober): { readonly prober: Prober; readonly packets: Map<number, number> } {
  const packets = new Map<number, number>();
  const count = (target: number, sent: number) => packets.set(target, (packets.get(target) ?? 0) + sent);
  return {
    packets,
    prober: {
      ping: (request, signal) => {
        count(request.target, 1);
        return prober.ping(request, signal);
      },
      traceroute: async (request, signal) => {
        const result = await prober.traceroute(request, signal);
        count(request.target, result.probesSent);
        return result;
      },
    },
  };
}

/** Addresses of announced networks that no host has: a quarter of them in each /24. */
function deadAddresses(world: SimulatedWorld): Ipv4Address[] {
  const { hitlist } = world.internet.places;
  const networks = [...new Set(world.randomPairs(200).map(({ destination }) => destination >>> 8))].slice(0, 4);
  return networks.flatMap((network) =>
    Array.from({ length: 200 }, (_, i) => network * 256 + 30 + i)
      .filter((address) => !hitlist.includes(address))
      .slice(0, DEAD_TARGETS / networks.length),
  );
}

/** Measures for a day of virtual time: other pairs spread over the day, and, if there is a storm, the dead addresses. */
async function measureForADay(options: { readonly storm: boolean }) {
  const world = new SimulatedWorld({ parameters: simParameters('small', 5), sources: 2, startMs: MIDNIGHT - 60_000 });
  const { clock } = world.internet;
  const network = await clock.drive(world.prepare());
  const { prober, packets } = counting(network.prober);
  const safe = safeProber(DEFAULT_SAFETY, { prober, ipToAs: world.ipToAs, clock });
  const engine = new ReverseTracerouteEngine(
    { plan: defaultPlan, assumptions: SIMULATED_ASSUMPTIONS },
    { ...network, prober: safe },
  );
  let id = 0;
  const measure = (source: Ipv4Address, destination: Ipv4Address, userId: number): Promise<ReverseTraceroute> => {
    id++;
    const cause = { type: 'measurement', measurementId: id, batchId: id, userId, keyId: undefined } as const;
    return probingFor(cause, () => engine.measure({ source, destination }));
  };
  const others: Promise<ReverseTraceroute>[] = [];
  const dead = deadAddresses(world);
  const storm: ReverseTraceroute[] = [];
  const day = async (): Promise<void> => {
    await clock.sleep(MIDNIGHT + 1 - clock.now());
    const pairs = world.randomPairs(OTHER_MEASUREMENTS, 'others');
    const rounds = OTHER_MEASUREMENTS;
    let requested = 0;
    for (let round = 0; round < rounds; round++) {
      const { source, destination } = pairs[round];
      others.push(measure(source, destination, 1_000));
      const due = options.storm ? Math.floor(((round + 1) * dead.length * REQUESTS_PER_DAY) / rounds) : 0;
      const now: Promise<ReverseTraceroute>[] = [];
      for (; requested < due; requested++)
        now.push(measure(world.sources[requested % 2].address, dead[requested % dead.length], 1 + (requested % USERS)));
      await clock.sleep(DAY_MS / rounds - 1);
      for (const result of await Promise.all(now)) storm.push(result);
    }
    await Promise.all(others);
  };
  await clock.drive(day());
  return { dead, packets, storm, others: await Promise.all(others) };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const latencies = (results: readonly ReverseTraceroute[]): number[] =>
  results.map(({ startedAt, endedAt }) => endedAt - startedAt);

const reached = (results: readonly ReverseTraceroute[]): number =>
  results.filter(({ stopReason }) => stopReason === 'reaches').length;

describe('a retry storm on dead addresses', () => {
  it('sends them no more than their budgets, says so, and slows no other measurement down', async () => {
    const calm = await measureForADay({ storm: false });
    const { dead, packets, storm, others } = await measureForADay({ storm: true });
    expect(storm).toHaveLength(DEAD_TARGETS * REQUESTS_PER_DAY);

    const { destination, slash24 } = DEFAULT_SAFETY.budgets;
    const perNetwork = new Map<number, number>();
    for (const [target, count] of packets) {
      if (dead.includes(target)) expect(count, formatIpv4(target)).toBeLessThanOrEqual(destination.packetsPerDay);
      perNetwork.set(target >>> 8, (perNetwork.get(target >>> 8) ?? 0) + count);
    }
    for (const [network, count] of perNetwork)
      expect(count, formatIpv4(network * 256)).toBeLessThanOrEqual(slash24.packetsPerDay);

    const exhausted = storm.flatMap(({ failReason }) => (failReason?.code === 'budgetExhausted' ? [failReason] : []));
    expect(exhausted.length).toBeGreaterThan(storm.length / 4);
    for (const { details } of exhausted) expect(details.retryAt).toBeLessThanOrEqual(MIDNIGHT + DAY_MS);

    expect(median(latencies(others))).toBeLessThanOrEqual(1.1 * median(latencies(calm.others)));
    expect(reached(others)).toBeGreaterThanOrEqual(0.95 * reached(calm.others));
  }, 600_000);
});
