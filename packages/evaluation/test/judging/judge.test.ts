import { emptyStats, type Hop, type ReverseTraceroute, STAND_IN_TECHNIQUES } from '@revtr/engine';
import { describe, expect, it } from 'vitest';
import { BASES, basisOf } from '../../src/judging/basis.ts';
import { judge } from '../../src/judging/judge.ts';
import { shownRouters, type TrueRoute, type Truth } from '../../src/judging/truth.ts';

// A hand-made Internet. Router 1 is the gateway of the destination (network 100); routers 2 and 3 belong to network 200, which balances load
// between 3 and 4; router 5 is the gateway of the source (network 300). Router 9 is elsewhere. An address is ten times its router, plus a
// digit for the interface. Address 777 is a private one that routers 3 and 9 both stamp; 888 is that of the
// destination's NAT.
const [DESTINATION, SOURCE, SHARED, HOME] = [1_000, 2_000, 777, 888];
const OPERATORS: Record<number, number> = { 1: 100, 2: 200, 3: 200, 4: 200, 5: 300, 9: 900 };
const TRUE_ROUTE: TrueRoute = {
  routers: [1, 2, 3, 5],
  possible: new Set([1, 2, 3, 4, 5]),
  asPath: [100, 200, 300],
};
const ORIGINS: Record<number, number> = {
  [DESTINATION]: 100,
  [SOURCE]: 300,
  10: 100,
  20: 200,
  // The link between routers 1 and 2 has addresses of network 200: router 1 shows one of them towards router 2.
  11: 200,
  30: 200,
  40: 200,
  50: 300,
  90: 900,
};

const truthWith = (route: Truth['route']): Truth => ({
  route,
  routersOf: (address) =>
    address === SHARED
      ? [3, 9]
      : address < 100 && Math.floor(address / 10) in OPERATORS
        ? [Math.floor(address / 10)]
        : [],
  isAtDestination: (address) => address === HOME,
  operatorOf: (router) => OPERATORS[router],
});
const truth = truthWith(() => TRUE_ROUTE);
const ipToAs = { originOf: (address: number): number | undefined => ORIGINS[address] };
const visible = new Set([2, 3, 5]);

const hop = (address: number, changes: Partial<Hop> = {}): Hop => ({
  address,
  technique: 'recordRoute',
  trust: 'measured',
  confidence: 0.9,
  evidence: { type: 'recordRoute', target: DESTINATION, sender: SOURCE, slot: 3, turn: 'stamp', at: 0 },
  ...changes,
});

const resultOf = (hops: readonly Hop[], changes: Partial<ReverseTraceroute> = {}): ReverseTraceroute => ({
  source: SOURCE,
  destination: DESTINATION,
  plan: 'hand-made',
  stopReason: 'reaches',
  hops: [hop(DESTINATION, { technique: 'destination', evidence: { type: 'destination' } }), ...hops, hop(SOURCE)],
  confidence: 0.8,
  startedAt: 10_000,
  endedAt: 12_500,
  stats: { ...emptyStats(), recordRoutePings: 2, spoofedRecordRoutePings: 3, tracerouteProbes: 7, plainPings: 1 },
  attempts: [],
  ...changes,
});
const judged = (hops: readonly Hop[], changes: Partial<ReverseTraceroute> = {}) =>
  judge(resultOf(hops, changes), { truth, ipToAs, visible });

describe('the verdict on hops', () => {
  it('is right for the routers of any flow, and says which are of one flow', () => {
    const { hops, allRight } = judged([hop(10), hop(20), hop(40), hop(50)]);
    expect(hops.map(({ verdict, isRightByOneFlow }) => [verdict, isRightByOneFlow])).toEqual([
      ['right', true],
      ['right', true],
      ['right', false],
      ['right', true],
    ]);
    expect(allRight).toBe(true);
  });

  it('is wrong for a router that no flow passes, and missing for an address of no router', () => {
    const { hops, allRight } = judged([hop(90), hop(5_555)]);
    expect(hops.map(({ verdict }) => verdict)).toEqual(['wrong', 'unjudged']);
    expect(allRight).toBe(false);
  });

  it('is right for a shared address if one of its routers is on the path', () => {
    expect(judged([hop(SHARED)]).hops[0].verdict).toBe('right');
    const elsewhere = truthWith(() => ({ ...TRUE_ROUTE, routers: [1, 2, 4, 5], possible: new Set([1, 2, 4, 5]) }));
    expect(judge(resultOf([hop(SHARED)]), { truth: elsewhere, ipToAs, visible }).hops[0].verdict).toBe('wrong');
  });

  it('is right for the address of the NAT in front of the destination', () => {
    expect(judged([hop(HOME)]).hops[0]).toMatchObject({ verdict: 'right', isRightByOneFlow: true });
  });

  it('uses the routing at the time of the measurement, and accepts what is true at its start or at its end', () => {
    const after: TrueRoute = { routers: [1, 9, 5], possible: new Set([1, 9, 5]), asPath: [100, 900, 300] };
    const changing = truthWith((_destination, _source, atMs) => (atMs < 12_000 ? TRUE_ROUTE : after));
    const verdicts = (startedAt: number, endedAt: number) => {
      const result = resultOf([hop(10), hop(20), hop(90), hop(50)], { startedAt, endedAt });
      const { hops, asPathExact } = judge(result, { truth: changing, ipToAs, visible });
      return [...hops.map(({ verdict }) => verdict), asPathExact];
    };
    expect(verdicts(10_000, 11_000)).toEqual(['right', 'right', 'wrong', 'right', false]);
    expect(verdicts(13_000, 14_000)).toEqual(['right', 'wrong', 'right', 'right', false]);
    expect(verdicts(11_000, 13_000)).toEqual(['right', 'right', 'right', 'right', false]);
    const other = resultOf([hop(10), hop(90), hop(50)], { startedAt: 11_000, endedAt: 13_000 });
    expect(judge(other, { truth: changing, ipToAs, visible }).asPathExact).toBe(true);
  });
});

describe('the routers that are found', () => {
  it('are counted among all routers of the path, and among those that a traceroute from the destination shows', () => {
    const { routers, visibleRouters } = judged([hop(10), hop(11), hop(20), hop(90)]);
    expect(routers).toEqual({ found: 2, of: 4 });
    expect(visibleRouters).toEqual({ found: 1, of: 3 });
  });

  it('do not include routers elsewhere that share an address with one on the path', () => {
    expect(shownRouters(SHARED, [TRUE_ROUTE], truth)).toEqual([3]);
    expect(shownRouters(90, [TRUE_ROUTE], truth)).toEqual([9]);
    // Router 9 is visible, but the shared address on this path is not its own.
    const result = judge(resultOf([hop(SHARED)]), { truth, ipToAs, visible: new Set([3, 9]) });
    expect(result.visibleRouters).toEqual({ found: 1, of: 2 });
  });

  it('are not counted against a traceroute that was not made', () => {
    expect(judge(resultOf([hop(20)]), { truth, ipToAs }).visibleRouters).toEqual({ found: 0, of: 0 });
  });
});

describe('the AS path', () => {
  it('is exact if the networks that the API prints beside the hops are the true ones', () => {
    expect(judged([hop(10), hop(20), hop(30), hop(50)])).toMatchObject({
      asPathExact: true,
      asPathExactByOwners: true,
    });
    // Addresses whose origin is unknown are left out, as in the API.
    expect(judged([hop(10), hop(20), hop(5_555)]).asPathExact).toBe(true);
  });

  it('is inexact as printed, but exact by owners, where an address belongs to another network than its router', () => {
    const lastOfNetwork900 = { originOf: (address: number) => (address === 30 ? 900 : ORIGINS[address]) };
    const result = judge(resultOf([hop(10), hop(20), hop(30)]), { truth, ipToAs: lastOfNetwork900, visible });
    expect(result).toMatchObject({ asPathExact: false, asPathExactByOwners: true });
    expect(result.cause).toBe('an address belongs to another network than its router');
  });

  it('is mapped by the search alike, whatever the plan prints', () => {
    // Router 3 of network 200 shows an address of network 900.
    const wrong = { originOf: (address: number) => (address === 30 ? 900 : ORIGINS[address]) };
    const searchedNetworksOf = () => [100, 200, 300];
    const result = judge(resultOf([hop(10), hop(20), hop(30)]), { truth, ipToAs: wrong, searchedNetworksOf });
    expect(result).toMatchObject({ asPathExact: false, asPathExactByOrigins: false, asPathExactBySearch: true });
  });

  it('is inexact if a network shows no router, if a hop is wrong, or if the path does not reach the source', () => {
    expect(judged([hop(10), hop(50)])).toMatchObject({
      asPathExact: false,
      asPathExactByOwners: false,
      cause: 'a network on the path shows no router',
    });
    expect(judged([hop(10), hop(90), hop(20)])).toMatchObject({
      asPathExact: false,
      cause: 'wrong: recordRoute.stamp',
    });
    const failed = { stopReason: 'failed', failReason: { code: 'noHops', message: '', hop: 10, details: {} } } as const;
    expect(judged([hop(10), hop(20), hop(30)], failed)).toMatchObject({
      reached: false,
      asPathExact: false,
      asPathExactByOwners: false,
      basis: 'incomplete',
      failure: 'noHop',
      cause: 'does not reach: noHops',
    });
  });
});

describe('what a path rests on', () => {
  const symmetry = { type: 'symmetry', target: 10, adjacent: true, isGateway: false, at: 0 } as const;
  const proxy = (scope: 'subnet' | 'prefix' | 'network') =>
    ({
      type: 'proxy',
      destination: DESTINATION,
      scope,
      tracerouteId: 1,
      platform: 'ripeAtlas',
      origin: 5,
      at: 0,
    }) as const;
  const examples = {
    measured: hop(20),
    inferred: hop(20, { trust: 'inferred' }),
    standInInSubnet: hop(20, {
      trust: 'inferred',
      technique: 'standInSubnet',
      evidence: { type: 'nearby', destination: DESTINATION, sender: 1, at: 0 },
    }),
    standInInNetwork: hop(20, { trust: 'inferred', technique: 'standInNetwork', evidence: proxy('network') }),
    intradomainAssumption: hop(20, { trust: 'assumed', technique: 'assumedIntradomain', evidence: symmetry }),
    interdomainAssumption: hop(20, { trust: 'assumed', technique: 'assumedInterdomain', evidence: symmetry }),
  } as const;

  it.each(Object.entries(examples))('is %s for a single such hop', (basis, example) => {
    expect(basisOf({ reached: true, hops: [hop(10), example, hop(50)] })).toBe(basis);
  });

  it('is the weakest thing that it needs, so that every path counts once', () => {
    for (const [i, weaker] of BASES.slice(1).entries())
      for (const stronger of BASES.slice(i + 1)) {
        const hops = [weaker, stronger].flatMap((basis) => (basis === 'incomplete' ? [] : [examples[basis]]));
        expect(basisOf({ reached: true, hops })).toBe(weaker);
      }
    expect(basisOf({ reached: false, hops: [] })).toBe('incomplete');
  });

  it('takes a host in the same /24 for near, and one in the same prefix or network for far', () => {
    const far = (scope: 'subnet' | 'prefix' | 'network') =>
      judged([hop(20, { technique: STAND_IN_TECHNIQUES[scope], evidence: proxy(scope) })]).usesFarStandIn;
    expect([far('subnet'), far('prefix'), far('network')]).toEqual([false, true, true]);
  });
});

describe('the cost', () => {
  it('counts probes by kind, and the time from start to end', () => {
    expect(judged([])).toMatchObject({ optionProbes: 5, allProbes: 13, latencyMs: 2_500 });
  });
});
