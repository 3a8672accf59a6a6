import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import type { PingReply, PingRequest, PingResult, Prober } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import {
  AliasSets,
  ARCHIVE_HOP_TYPES,
  Atlas,
  defaultPlan,
  IngressRanking,
  type Measurement,
  NO_RELATIONS,
  PrefixOrigins,
  ReverseTracerouteEngine,
} from '../src/index.ts';
import { NearbyAddress } from '../src/techniques/nearby-address.ts';
import { ProxyPath } from '../src/techniques/proxy-path.ts';
import { ip, measurementWith, SOURCE, stillClock } from './support/measurement.ts';

const DESTINATION = parseIpv4('6.0.0.77');
const GATEWAY = parseIpv4('6.0.0.1');
const ipToAs = new PrefixOrigins([
  { prefix: parsePrefix('5.0.0.0/24'), asn: 5 },
  { prefix: parsePrefix('6.0.0.0/16'), asn: 6 },
]);
const ranking = () => new IngressRanking({ vantagePoints: [ip(2)] }, { ipToAs, clock: stillClock });

/** Hosts by address: how many links they are from the source, and the stamps of their answers to Record Route, if they answer it. */
type Hosts = ReadonlyMap<Ipv4Address, { readonly links: number; readonly stamps?: readonly Ipv4Address[] }>;

class Network implements Prober {
  readonly asked: PingRequest[] = [];
  readonly #hosts: Hosts;

  constructor(hosts: Hosts) {
    this.#hosts = hosts;
  }

  async ping(request: PingRequest): Promise<PingResult> {
    this.asked.push(request);
    const result = { type: 'ping', request, sentAt: stillClock.now() } as const;
    const host = this.#hosts.get(request.target);
    if (host === undefined || (request.option !== undefined && host.stamps === undefined)) return result;
    const reply: PingReply = {
      from: request.target,
      icmpType: 0,
      icmpCode: 0,
      rttMs: 20,
      ttl: 64 - host.links + 1,
      ...(request.option !== undefined && host.stamps !== undefined && { recordRoute: host.stamps }),
    };
    return { ...result, reply };
  }

  async traceroute(): Promise<never> {
    throw new Error('no traceroute is expected');
  }
}

const fromGateway = [ip(50), GATEWAY, ip(51)];
const extendNearby = (
  hosts: [Ipv4Address, { links: number; stamps?: readonly Ipv4Address[] }][],
  destination = DESTINATION,
) => new NearbyAddress({ spoofers: 1, timeoutMs: 1_000 }).extend(at(destination, new Network(new Map(hosts))));
const at = (destination: Ipv4Address, prober: Prober, changes: Partial<Measurement> = {}): Measurement =>
  measurementWith(prober, { ipToAs, ranking: ranking(), ...changes }, destination);

describe('an address next to a silent destination', () => {
  it('is its gateway when it is one link nearer', async () => {
    const extension = await extendNearby([
      [DESTINATION, { links: 9 }],
      [GATEWAY, { links: 8, stamps: fromGateway }],
    ]);
    expect(extension).toMatchObject({
      hops: [
        {
          address: GATEWAY,
          technique: 'standInSubnet',
          trust: 'inferred',
          standIn: { address: GATEWAY, scope: 'subnet' },
        },
        { address: ip(51), technique: 'standInSubnet', trust: 'inferred' },
        { address: SOURCE, technique: 'standInSubnet' },
      ],
    });
  });

  it('stands in for the destination, and is not on its path, when it is as far', async () => {
    const extension = await extendNearby([
      [DESTINATION, { links: 8 }],
      [GATEWAY, { links: 8, stamps: fromGateway }],
    ]);
    expect(extension).toMatchObject({
      hops: [{ address: ip(51), standIn: { address: GATEWAY } }, { address: SOURCE }],
    });
  });

  it('is not used when its distance says that its path is another one', async () => {
    for (const links of [6, 9, 11])
      expect(
        await extendNearby([
          [DESTINATION, { links: 8 }],
          [GATEWAY, { links, stamps: fromGateway }],
        ]),
      ).toMatchObject({ outcome: 'nothingFound' });
  });

  it('counts less when the destination does not tell its distance', async () => {
    const [known, unknown] = await Promise.all([
      extendNearby([
        [DESTINATION, { links: 9 }],
        [GATEWAY, { links: 8, stamps: fromGateway }],
      ]),
      extendNearby([[GATEWAY, { links: 8, stamps: fromGateway }]]),
    ]);
    if (known.outcome !== 'extended' || unknown.outcome !== 'extended') throw new Error('both have a gateway');
    expect(unknown.hops[0].confidence).toBeLessThan(known.hops[0].confidence);
  });

  it('is not taken for a gateway when it may be the other end of a link between routers', async () => {
    const mate = parseIpv4('6.0.0.2');
    const gateway: [Ipv4Address, { links: number; stamps: readonly Ipv4Address[] }] = [
      GATEWAY,
      { links: 8, stamps: fromGateway },
    ];
    expect(await extendNearby([gateway], mate)).toMatchObject({ outcome: 'nothingFound' });
    expect(await extendNearby([gateway, [mate, { links: 8 }]], mate)).toMatchObject({ outcome: 'nothingFound' });
    expect(await extendNearby([gateway, [mate, { links: 9 }]], mate)).toMatchObject({
      hops: [{ confidence: 0.9 }, {}, {}],
    });
  });

  it('is asked with options only if it answers a plain ping from where a neighbour must be', async () => {
    const optionsSent = async (hosts: [Ipv4Address, { links: number; stamps?: readonly Ipv4Address[] }][]) => {
      const network = new Network(new Map(hosts));
      await new NearbyAddress({ spoofers: 1, timeoutMs: 1_000 }).extend(at(DESTINATION, network));
      return network.asked.flatMap(({ target, option }) => (option === undefined ? [] : [target]));
    };
    expect(await optionsSent([[DESTINATION, { links: 9 }]])).toEqual([]);
    const tooFar = { links: 11, stamps: fromGateway };
    expect(
      await optionsSent([
        [DESTINATION, { links: 9 }],
        [GATEWAY, tooFar],
      ]),
    ).toEqual([]);
    const near = { links: 8, stamps: fromGateway };
    expect(
      await optionsSent([
        [DESTINATION, { links: 9 }],
        [GATEWAY, near],
      ]),
    ).toEqual([GATEWAY]);
  });

  it('does not stand in for a router', async () => {
    const aliases = new AliasSets([[DESTINATION, ip(90)]]);
    const network = new Network(new Map([[GATEWAY, { links: 8, stamps: fromGateway }]]));
    const technique = new NearbyAddress({ spoofers: 1, timeoutMs: 1_000 });
    expect(await technique.extend(at(DESTINATION, network, { aliases }))).toMatchObject({ outcome: 'notApplicable' });
    expect(network.asked).toEqual([]);
  });
});

describe('the path of another host', () => {
  const atlas = new Atlas({ aliases: new AliasSets(), ipToAs });
  const add = (origin: string, hops: number[], time: number): void => {
    atlas.add({
      platform: 'ripeAtlas',
      origin: parseIpv4(origin),
      source: SOURCE,
      at: time,
      hops: [parseIpv4(origin), ...hops.map(ip), SOURCE],
    });
  };
  add('6.0.9.9', [20, 21, 22, 23], 900);
  add('6.0.8.8', [30, 31], 800);

  it('is that of the host that is as far from the source as the destination, before that of a fresher one', async () => {
    const extend = (links: number | undefined) => {
      const network = new Network(new Map(links === undefined ? [] : [[DESTINATION, { links }]]));
      return new ProxyPath({ widest: 'network' }).extend(at(DESTINATION, network, { atlas }));
    };
    const [near, far, other, unknown] = await Promise.all([extend(3), extend(5), extend(9), extend(undefined)]);
    const standInOf = (extension: Awaited<ReturnType<typeof extend>>) =>
      extension.outcome === 'extended' ? extension.hops[0].standIn : undefined;
    expect(standInOf(near)).toEqual({ address: parseIpv4('6.0.8.8'), scope: 'prefix' });
    expect(standInOf(far)?.address).toBe(parseIpv4('6.0.9.9'));
    expect(standInOf(unknown)?.address).toBe(parseIpv4('6.0.9.9'));
    expect(near).toMatchObject({ hops: [{ technique: 'standInPrefix', evidence: { isAsLong: true } }, {}, {}] });
    if (far.outcome !== 'extended' || other.outcome !== 'extended') throw new Error('both have a stand-in');
    expect(other.hops[0].confidence).toBeLessThan(far.hops[0].confidence);
    // Both networks may have one border router; the gateways of two /24s mostly differ.
    expect(far.hops[0].confidence).toBeLessThan(0.6);
    expect(far.hops[1].confidence).toBeGreaterThan(0.95);
  });

  it('has no hop type of a measurement, and the result names the host; a reused path says how old it is', async () => {
    const network = new Network(new Map());
    const engine = new ReverseTracerouteEngine(
      { plan: { ...defaultPlan, techniques: () => [new ProxyPath({ widest: 'network' })] } },
      {
        prober: network,
        clock: stillClock,
        atlas,
        ranking: ranking(),
        aliases: new AliasSets(),
        ipToAs,
        relations: NO_RELATIONS,
        mayProbe: () => true,
      },
    );
    const result = await engine.measure({ source: SOURCE, destination: DESTINATION });
    expect(result).toMatchObject({
      stopReason: 'reaches',
      measuredThrough: { address: parseIpv4('6.0.9.9'), scope: 'prefix' },
      reused: { oldestAgeMs: 100 },
    });
    for (const { technique } of result.hops.slice(1)) expect([3, 4, 5, 6]).not.toContain(ARCHIVE_HOP_TYPES[technique]);
  });
});

describe('a result', () => {
  it('is not reused when a probe of this measurement showed a hop', async () => {
    const atlas = new Atlas({ aliases: new AliasSets(), ipToAs });
    const network = new Network(new Map([[DESTINATION, { links: 4, stamps: [ip(50), DESTINATION, ip(51)] }]]));
    const engine = new ReverseTracerouteEngine(
      { plan: defaultPlan },
      {
        prober: network,
        clock: stillClock,
        atlas,
        ranking: ranking(),
        aliases: new AliasSets(),
        ipToAs,
        relations: NO_RELATIONS,
        mayProbe: () => true,
      },
    );
    const result = await engine.measure({ source: SOURCE, destination: DESTINATION });
    expect(result.stopReason).toBe('reaches');
    expect(result).not.toHaveProperty('reused');
    expect(result).not.toHaveProperty('measuredThrough');
  });
});
