import type { Ipv4Address } from '@revtr/net';
import type { PingReply, PingRequest, PingResult, Prober } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import {
  AliasSets,
  Atlas,
  defaultPlan,
  IngressRanking,
  NO_RELATIONS,
  PrefixOrigins,
  ReverseTracerouteEngine,
} from '../src/index.ts';
import { DESTINATION, ip, SOURCE, stillClock } from './support/measurement.ts';

const STAMPS = [ip(50), DESTINATION, ip(51), ip(52)];
const ipToAs = new PrefixOrigins([]);

/** A destination that is so many links away for packets without options, and so many for those with options. */
class OneHost implements Prober {
  readonly #links: { readonly plain: number | undefined; readonly withOptions: number };

  constructor(links: { readonly plain: number | undefined; readonly withOptions: number }) {
    this.#links = links;
  }

  async ping(request: PingRequest): Promise<PingResult> {
    const { target, option } = request;
    const links = option === undefined ? this.#links.plain : this.#links.withOptions;
    const result = { type: 'ping', request, sentAt: stillClock.now() } as const;
    if (target !== DESTINATION || links === undefined) return result;
    const reply: PingReply = { from: target, icmpType: 0, icmpCode: 0, rttMs: 20, ttl: 64 - links + 1 };
    return { ...result, reply: option === undefined ? reply : { ...reply, recordRoute: STAMPS } };
  }

  async traceroute(): Promise<never> {
    throw new Error('no traceroute is expected');
  }
}

async function measure(links: { readonly plain: number | undefined; readonly withOptions: number }) {
  const aliases = new AliasSets();
  const engine = new ReverseTracerouteEngine(
    { plan: defaultPlan },
    {
      prober: new OneHost(links),
      clock: stillClock,
      atlas: new Atlas({ aliases, ipToAs }),
      ranking: new IngressRanking({ vantagePoints: [] }, { ipToAs, clock: stillClock }),
      aliases,
      ipToAs,
      relations: NO_RELATIONS,
      mayProbe: (address: Ipv4Address) => address !== SOURCE,
    },
  );
  const { hops, confidence, attempts } = await engine.measure({ source: SOURCE, destination: DESTINATION });
  const between = hops.slice(1, -1).map(({ address, trust, confidence: own }) => ({ address, trust, own }));
  return { between, confidence, isDoubted: attempts.some(({ technique }) => technique === 'distanceCheck') };
}

describe('the distance of a destination', () => {
  it('says nothing against a path when packets with and without options cross as many links, or when it is unknown', async () => {
    for (const plain of [4, undefined]) {
      const { between, isDoubted } = await measure({ plain, withOptions: 4 });
      expect(between.map(({ address, trust }) => [address, trust])).toEqual([
        [ip(51), 'measured'],
        [ip(52), 'measured'],
      ]);
      expect(isDoubted).toBe(false);
    }
  });

  it('shows that packets with options take another way: then nothing that they show is measured', async () => {
    const same = await measure({ plain: 4, withOptions: 4 });
    for (const plain of [3, 5]) {
      const other = await measure({ plain, withOptions: 4 });
      expect(other.isDoubted).toBe(true);
      expect(other.between.map(({ trust }) => trust)).toEqual(['inferred', 'inferred']);
      for (const [i, { own }] of other.between.entries()) expect(own).toBeLessThan(same.between[i].own);
      expect(other.confidence).toBeLessThan(same.confidence);
    }
  });
});
