import { AliasSets, emptyStats, type Hop, PrefixOrigins, ReversePath, type ReverseTraceroute } from '@revtr/engine';
import { parseIpv4, parsePrefix } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { judge } from '../src/self-audit/judge.ts';
import { isSamePath } from '../src/self-audit/own-probes.ts';
import { TruePath } from '../src/self-audit/true-path.ts';

const HOST = '6.0.0.10';
const SOURCE = '9.0.0.10';
const ipToAs = new PrefixOrigins([6, 7, 8, 9, 11].map((asn) => ({ prefix: parsePrefix(`${asn}.0.0.0/8`), asn })));
const aliases = new AliasSets([['7.0.0.1', '7.9.9.9'].map(parseIpv4)]);
const facts = { ipToAs, aliases };

/** A traceroute from the host to the source over the hops; `*` is silent. */
function traceroute(hops: readonly string[], flow = 0): TracerouteResult {
  return {
    type: 'traceroute',
    request: { type: 'traceroute', sender: parseIpv4(HOST), target: parseIpv4(SOURCE), timeoutMs: 1, flow },
    startedAt: 0,
    endedAt: 1,
    stop: 'completed',
    hops: [...hops, SOURCE].map((hop, i) => ({ ttl: i + 1, ...(hop !== '*' && { from: parseIpv4(hop) }) })),
    probesSent: hops.length,
  };
}

const EVIDENCE: Readonly<Record<'stamp' | 'atlas' | 'symmetry', Hop['evidence']>> = {
  stamp: { type: 'recordRoute', target: 1, sender: 2, slot: 1, turn: 'stamp', at: 0 },
  atlas: { type: 'atlas', match: 'exact', tracerouteId: 1, platform: 'vantagePoint', origin: 1, at: 0, met: 1 },
  symmetry: { type: 'symmetry', target: 1, adjacent: true, isGateway: false, at: 0 },
};

/** A reverse path over `hops`, all with one kind of evidence. */
function reversePath(hops: readonly string[], by: keyof typeof EVIDENCE = 'stamp', reaches = true): ReverseTraceroute {
  const hop = (address: string): Hop => ({
    address: parseIpv4(address),
    technique: by === 'stamp' ? 'recordRoute' : by === 'atlas' ? 'atlas' : 'assumedInterdomain',
    trust: 'measured',
    confidence: 0.99,
    evidence: EVIDENCE[by],
  });
  const path = new ReversePath(
    parseIpv4(SOURCE),
    { ...hop(HOST), technique: 'destination', confidence: 1, evidence: { type: 'destination' } },
    aliases,
  );
  path.extend(0, [...hops, ...(reaches ? [SOURCE] : [])].map(hop));
  return {
    source: parseIpv4(SOURCE),
    destination: parseIpv4(HOST),
    plan: 'default',
    stopReason: reaches ? 'reaches' : 'failed',
    hops: path.hops,
    confidence: path.confidence,
    startedAt: 0,
    endedAt: 1,
    stats: emptyStats(),
    attempts: [],
  };
}

function judged(
  result: ReverseTraceroute,
  routes: readonly (readonly string[])[],
  recordRoutes: readonly (readonly string[])[] = [],
) {
  const [first = [], ...others] = routes;
  const traceroutes = [traceroute(first), ...others.map((hops, i) => traceroute(hops, i + 1))] as const;
  const stamps = recordRoutes.map((list) => list.map(parseIpv4));
  const truth = new TruePath(parseIpv4(HOST), parseIpv4(SOURCE), { traceroutes, recordRoutes: stamps }, facts);
  return judge(result, truth, facts);
}

const verdicts = (...args: Parameters<typeof judged>): string[] =>
  judged(...args).hops.map(({ verdict, reason }) => `${verdict} ${reason}`);

const ROUTE = ['6.0.0.1', '7.0.0.1', '8.0.0.1', '9.0.0.1'];

describe('the judge of self-audits', () => {
  it('finds hops right by address, alias, link and own Record Route ping', () => {
    // 8.0.0.2 is the other end of the /30 by which packets enter 8.0.0.1: an address of the router before it.
    expect(
      verdicts(reversePath(['6.0.0.1', '7.9.9.9', '8.0.0.2', '8.7.7.7', '9.0.0.1']), [ROUTE], [['8.7.7.7']]),
    ).toEqual(['right address', 'right alias', 'right link', 'right ownRecordRoute', 'right address']);
  });

  it('counts the routers that are found, each once, and compares the networks', () => {
    const all = judged(reversePath(['6.0.0.1', '7.9.9.9', '8.0.0.1', '9.0.0.1']), [ROUTE]);
    expect(all).toMatchObject({ reached: true, asPathExact: true, routers: 4, routersFound: 4 });
    const less = judged(reversePath(['7.0.0.1', '7.9.9.9']), [['6.0.0.1', '7.0.0.1', '*', '9.0.0.1']]);
    expect(less).toMatchObject({ routers: 3, routersFound: 1 });
    const other = judged(reversePath(['7.0.0.1', '11.0.0.1']), [ROUTE]);
    expect(other).toMatchObject({ reached: true, asPathExact: false });
    expect(judged(reversePath(['6.0.0.1'], 'stamp', false), [ROUTE])).toMatchObject({
      reached: false,
      asPathExact: false,
    });
  });

  it('finds a hop wrong when the probes of the host show another router behind the hop before', () => {
    const own = [['6.0.0.1', '7.4.4.4', '8.4.4.4']];
    expect(verdicts(reversePath(['6.0.0.1', '7.5.5.5']), [ROUTE], own)[1]).toBe('wrong otherRouter');
    expect(verdicts(reversePath(['6.0.0.1', '7.5.5.5'], 'atlas'), [ROUTE])[1]).toBe('wrong otherRouter');
    // What is only assumed, or measured otherwise, may show another address of the same router.
    expect(verdicts(reversePath(['6.0.0.1', '7.5.5.5'], 'symmetry'), [ROUTE], own)[1]).toBe('unjudged unknown');
    expect(verdicts(reversePath(['6.0.0.1', '7.5.5.5']), [ROUTE])[1]).toBe('unjudged unknown');
  });

  it('does not find a hop wrong where the paths of flows part', () => {
    const flows = [ROUTE, ['6.0.0.1', '7.0.0.5', '8.0.0.1', '9.0.0.1']];
    expect(verdicts(reversePath(['6.0.0.1', '7.5.5.5'], 'atlas'), flows)[1]).toBe('unjudged unknown');
    expect(verdicts(reversePath(['6.0.0.1', '7.0.0.5'], 'atlas'), flows)[1]).toBe('right address');
  });

  it('finds a hop wrong that is in a network which the path does not pass, unless a silent hop may hide it', () => {
    expect(verdicts(reversePath(['11.0.0.1'], 'symmetry'), [ROUTE])).toEqual(['wrong otherNetwork']);
    const hidden = ['6.0.0.1', '*', '8.0.0.1', '9.0.0.1'];
    expect(verdicts(reversePath(['6.0.0.1', '11.0.0.1', '8.0.0.1'], 'symmetry'), [hidden])[1]).toBe('unjudged unknown');
    // A silent hop between two hops of one network hides no other.
    const inside = ['6.0.0.1', '7.0.0.1', '*', '7.0.0.9', '9.0.0.1'];
    expect(verdicts(reversePath(['7.0.0.1', '11.0.0.1', '7.0.0.9'], 'symmetry'), [inside])[1]).toBe(
      'wrong otherNetwork',
    );
    // An address without a known network says nothing.
    expect(verdicts(reversePath(['12.0.0.1'], 'symmetry'), [ROUTE])).toEqual(['unjudged unknown']);
  });

  it('does not judge by addresses that are not unique, or by Record Route pings that contradict the traceroute', () => {
    expect(verdicts(reversePath(['10.0.0.1']), [['10.0.0.1', ...ROUTE]])).toEqual(['unjudged notUnique']);
    const backwards = [['9.0.0.1', '7.0.0.1', '8.7.7.7']];
    expect(verdicts(reversePath(['8.7.7.7']), [ROUTE], backwards)).toEqual(['unjudged unknown']);
  });

  it('lets hops behind a wrong one be wrong until the paths may have come together', () => {
    const result = reversePath(['11.0.0.1', '8.6.6.6', '8.5.5.5', '9.0.0.1'], 'symmetry');
    expect(verdicts(result, [ROUTE])).toEqual([
      'wrong otherNetwork',
      'wrong astray',
      'unjudged unknown',
      'right address',
    ]);
  });

  it('reports outcomes of steps behind right hops, of returns behind wrong ones, and of hops at their place', () => {
    const { outcomes, hops } = judged(reversePath(['6.0.0.1', '11.0.0.1', '9.0.0.1'], 'symmetry'), [ROUTE]);
    expect(hops.map(({ verdict }) => verdict)).toEqual(['right', 'wrong', 'right']);
    const short = outcomes.map(({ kind, isRight }) => `${kind.split('.')[0]} ${isRight}`);
    expect(short).toEqual([
      'assumedSymmetry true',
      'onPath true',
      'assumedSymmetry false',
      'onPath false',
      'rejoin true',
      'onPath true',
    ]);
    expect(outcomes[0]?.claimed).toBeCloseTo(0.99);
  });
});

describe('two traceroutes of a host', () => {
  it('are of the same path when their hops are the same routers, as far as they answered', () => {
    const same = (a: readonly string[], b: readonly string[]): boolean =>
      isSamePath(traceroute(a), traceroute(b), aliases);
    expect(same(ROUTE, ROUTE)).toBe(true);
    expect(same(ROUTE, ['6.0.0.1', '7.9.9.9', '*', '9.0.0.1'])).toBe(true);
    expect(same(ROUTE, ['6.0.0.1', '7.0.0.2', '8.0.0.1', '9.0.0.1'])).toBe(false);
    expect(same(ROUTE, ROUTE.slice(1))).toBe(false);
  });
});
