import { parsePrefix } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { type Hop, IngressRanking, OUT_OF_REACH, PrefixOrigins } from '../src/index.ts';
import { DirectRecordRoute } from '../src/techniques/record-route.ts';
import { DESTINATION, ip, measurementWith, ScriptedProber, SOURCE, stillClock } from './support/measurement.ts';

const ipToAs = new PrefixOrigins([{ prefix: parsePrefix('5.0.0.0/24'), asn: 5 }]);
const ROUTER = ip(20);
const assumed = (links: number | undefined): Hop => ({
  address: ROUTER,
  technique: 'assumedIntradomain',
  trust: 'assumed',
  confidence: 0.9,
  evidence: {
    type: 'symmetry',
    target: DESTINATION,
    adjacent: true,
    isGateway: false,
    ...(links !== undefined && { links }),
    at: 0,
  },
});

async function pinged(hop: Hop | undefined, skipOutOfReach = true): Promise<number[]> {
  const ranking = new IngressRanking({ vantagePoints: [] }, { ipToAs, clock: stillClock });
  // Hosts of the network did not leave a slot for the way back.
  ranking.observe(SOURCE, ip(99), OUT_OF_REACH);
  const prober = new ScriptedProber(() => [ROUTER, ip(21)]);
  const measurement = measurementWith(prober, { ranking, ipToAs });
  if (hop !== undefined) measurement.path.extend(0, [hop]);
  const options = {
    ...{ useHeuristics: true, timeoutMs: 1_000, isAdaptive: true, pingsDestination: false },
    ...{ overlapsLikelySilence: false, skipOutOfReach },
  };
  await new DirectRecordRoute(options).extend(measurement);
  return prober.pings.map(({ target }) => target);
}

describe('the Record Route ping of the source', () => {
  it('is not sent to a destination whose network was out of reach, unless the plan wants it', async () => {
    expect(await pinged(undefined)).toEqual([]);
    expect(await pinged(undefined, false)).toEqual([DESTINATION]);
  });

  it('is sent to a router before it that is near enough on the forward path', async () => {
    expect(await pinged(assumed(8))).toEqual([ROUTER]);
    expect(await pinged(assumed(9))).toEqual([]);
    // Without the forward path, the network decides.
    expect(await pinged(assumed(undefined))).toEqual([]);
  });
});
