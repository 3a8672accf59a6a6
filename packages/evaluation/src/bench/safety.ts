import { defaultPlan, type EngineCollaborators, ReverseTracerouteEngine, SIMULATED_ASSUMPTIONS } from '@revtr/engine';
import { safeProber } from '@revtr/lab/safe-prober';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { WIDE_BUDGETS } from '@revtr/lab/wide-budgets';
import { createRandom, type PingRequest, type PingResult, type Prober } from '@revtr/probing';
import { simParameters } from '@revtr/sim';
import { median } from '../statistics/quantiles.ts';

const ROUNDS = 5;
const PROBES = 100_000;
const MEASUREMENTS = 1_000;

/**
 * What the safety rules cost: nanoseconds for each Record Route ping, to 100,000 addresses, and the throughput of the engine with
 * budgets and circuit breakers as a ratio to its throughput without them, both in processor time of the thread. Rounds with and without alternate;
 * all figures are medians.
 */
export async function benchSafety() {
  const perProbe = await costPerProbe();
  const [on, off] = await throughputs();
  const round = (value: number): number => Math.round(value * 1000) / 1000;
  return {
    nanosecondsPerProbe: perProbe,
    engineMeasurementsPerSecond: { on: Math.round(on), off: Math.round(off) },
    ratioOnToOff: round(on / off),
    residentMegabytes: Math.round(process.memoryUsage().rss / 2 ** 20),
  };
}

/** Time of a ping through all guards, and of a call to the bare prober, whose difference is what the guards cost. */
async function costPerProbe() {
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: 1 });
  const clock = { now: () => performance.timeOrigin + performance.now(), sleep: () => Promise.resolve() };
  const prober: Prober = {
    ping: async (request): Promise<PingResult> => ({ type: 'ping', request, sentAt: 0, reply: ANSWER }),
    traceroute: () => Promise.reject(new Error('none is sent')),
  };
  const safe = safeProber(WIDE_BUDGETS, { prober, ipToAs: world.ipToAs, clock });
  const random = createRandom(1);
  const { hitlist } = world.internet.places;
  const requests = Array.from(
    { length: PROBES },
    (): PingRequest => ({
      type: 'ping',
      sender: random.pick(world.vantagePoints),
      target: (random.pick(hitlist) & 0xffffff00) + random.below(256),
      option: { type: 'recordRoute', slots: 9 },
      timeoutMs: 1_000,
    }),
  );
  const nanoseconds = async (target: Prober): Promise<number> => {
    const before = process.threadCpuUsage();
    for (const request of requests) await target.ping(request);
    const { user, system } = process.threadCpuUsage(before);
    return ((user + system) * 1000) / PROBES;
  };
  const [guarded, bare]: [number[], number[]] = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    guarded.push(await nanoseconds(safe));
    bare.push(await nanoseconds(prober));
  }
  return {
    guarded: Math.round(median(guarded)),
    bare: Math.round(median(bare)),
    guards: Math.round(median(guarded.map((value, i) => value - bare[i]))),
  };
}

/** Measurements per second of processor time, with and without the guards; a new engine in each round, which has learned nothing. */
async function throughputs(): Promise<readonly [number, number]> {
  const world = new SimulatedWorld({ parameters: simParameters('medium', 1), sources: 10, atlas: 'none' });
  const { clock } = world.internet;
  const network = await clock.drive(world.prepare());
  const safe = safeProber(WIDE_BUDGETS, { prober: network.prober, ipToAs: world.ipToAs, clock });
  const pairs = world.randomPairs(MEASUREMENTS);
  const perSecond = async (collaborators: EngineCollaborators): Promise<number> => {
    const engine = new ReverseTracerouteEngine(
      { plan: defaultPlan, assumptions: SIMULATED_ASSUMPTIONS },
      collaborators,
    );
    const before = process.threadCpuUsage();
    await clock.drive(Promise.all(pairs.map((pair) => engine.measure({ ...pair, options: { useAtlas: false } }))));
    const { user, system } = process.threadCpuUsage(before);
    return (MEASUREMENTS * 1e6) / (user + system);
  };
  const [on, off]: [number[], number[]] = [[], []];
  for (let i = 0; i < ROUNDS; i++) {
    on.push(await perSecond({ ...network, prober: safe }));
    off.push(await perSecond(network));
  }
  return [median(on), median(off)];
}

const ANSWER = { from: 1, icmpType: 0, icmpCode: 0, rttMs: 1, ttl: 60 };
