import { parseIpv4 } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { withoutSuspensions } from '../src/calibration/calibration.ts';
import { ForeignNextHops, rankingWithout } from '../src/calibration/foreign-host.ts';
import { SuspendedExtensions } from '../src/calibration/suspended-extensions.ts';
import {
  AliasSets,
  afterLifting,
  correctedClaim,
  DeploymentCalibration,
  floorOf,
  type Hop,
  hopKindOf,
  IngressRanking,
  isAboveFloor,
  isBelowFloor,
  type KindEvidence,
  NextHops,
  NO_EVIDENCE,
  onPathKindOf,
  PrefixOrigins,
  proportionOf,
  ReversePath,
  recentShare,
  rejoinKindOf,
  withOutcome,
} from '../src/index.ts';

const SOURCE = parseIpv4('5.5.5.5');
const HOST = parseIpv4('6.6.6.6');
const BESIDE = parseIpv4('6.6.6.200');

/** A hop that a spoofed Record Route ping shows behind `target`. */
const stamped = (address: string, target = HOST, more: Partial<Hop> = {}): Hop => ({
  address: parseIpv4(address),
  technique: 'spoofedRecordRoute',
  trust: 'measured',
  confidence: 0.999,
  evidence: { type: 'recordRoute', target, sender: SOURCE, slot: 1, turn: 'stamp', at: 1_000 },
  ...more,
});
const destination = (address = HOST): Hop => ({
  address,
  technique: 'destination',
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'destination' },
});

/** Evidence after outcomes that are right with probability `share`. */
function learn(share: number, outcomes: number, { seed = 1, from = NO_EVIDENCE, claimed = 0.999 } = {}) {
  const random = createRandom(seed);
  const changes: string[] = [];
  let evidence = from;
  for (let i = 0; i < outcomes; i++) {
    const next = withOutcome(evidence, { claimed, isRight: random.chance(share) });
    evidence = next.evidence;
    if (next.change !== undefined) changes.push(next.change);
  }
  return { evidence, changes };
}

describe('the interval of a proportion', () => {
  it('is that of Wilson', () => {
    // From the table of Newcombe (Statistics in Medicine, 1998): 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for (const [right, total, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const interval = proportionOf(right, total);
      expect(interval.low).toBeCloseTo(low, 4);
      expect(interval.high).toBeCloseTo(high, 4);
    }
    expect(proportionOf(0, 0)).toEqual({ share: 0, low: 0, high: 1 });
  });
});

describe('evidence about a kind of hop', () => {
  it('moves the shipped confidence to the share that is right', () => {
    for (const share of [0.99, 0.9, 0.6]) {
      const { evidence } = learn(share, 600);
      expect(Math.abs(correctedClaim(evidence, 0.999) - share)).toBeLessThan(0.03);
    }
  });

  it('changes nothing without outcomes, and little after a few', () => {
    expect(correctedClaim(NO_EVIDENCE, 0.57)).toBe(0.57);
    expect(correctedClaim(learn(1, 2, { claimed: 0.57 }).evidence, 0.57)).toBeLessThan(0.65);
  });

  it('raises a confidence that is too low, and never above certainty', () => {
    const { evidence } = learn(0.9, 600, { claimed: 0.57 });
    expect(Math.abs(correctedClaim(evidence, 0.57) - 0.9)).toBeLessThan(0.03);
    expect(correctedClaim(evidence, 0.9)).toBeLessThanOrEqual(1);
    expect(correctedClaim(learn(1, 5_000).evidence, 0.999)).toBeLessThan(1);
  });

  it('gives hops of a kind that are right more often than claimed their share, whatever each of them claims', () => {
    let evidence = NO_EVIDENCE;
    const claims = Array.from({ length: 2_000 }, (_, i) => (i % 2 === 0 ? 0.02 : 0.18));
    for (const [i, claimed] of claims.entries())
      evidence = withOutcome(evidence, { claimed, isRight: i % 3 === 0 }).evidence;
    const [low, high] = [correctedClaim(evidence, 0.02), correctedClaim(evidence, 0.18)];
    expect((low + high) / 2).toBeCloseTo(1 / 3, 1);
    // The ratio of the two would be nine if claims were scaled.
    expect(low).toBeGreaterThan(0.2);
    expect(high).toBeGreaterThan(low);
  });

  it('keeps what distinguishes hops of one kind', () => {
    const { evidence } = learn(0.8, 600);
    const [fresh, old] = [correctedClaim(evidence, 0.999), correctedClaim(evidence, 0.95)];
    expect(old / fresh).toBeCloseTo(0.95 / 0.999);
  });

  it('notices a change within a hundred outcomes, however long all was well before', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const before = learn(0.995, 5_000, { seed });
      const { evidence, changes } = learn(0.5, 100, { seed: seed + 100, from: before.evidence });
      expect(changes).toContain('degraded');
      expect(correctedClaim(evidence, 0.999)).toBeLessThan(0.75);
    }
  });

  it('rarely takes chance for a change', () => {
    let changes = 0;
    for (let seed = 1; seed <= 20; seed++) changes += learn(0.97, 1_000, { seed, claimed: 0.97 }).changes.length;
    expect(changes).toBeLessThan(20);
  });

  it('finds a kind below the floor when it is clearly so, and above it again after a repair', () => {
    const good = learn(1, 500).evidence;
    expect([isBelowFloor(good), isAboveFloor(good)]).toEqual([false, true]);
    const broken = learn(0.5, 100, { from: good }).evidence;
    expect([isBelowFloor(broken), isAboveFloor(broken)]).toEqual([true, false]);
    expect(isBelowFloor(broken, 0.05)).toBe(false);
    const repaired = learn(1, 200, { from: broken }).evidence;
    expect([isBelowFloor(repaired), isAboveFloor(repaired)]).toEqual([false, true]);
    expect(floorOf(good)).toBeCloseTo(0.849);
    // A few outcomes decide nothing.
    expect(isBelowFloor(learn(0, 10).evidence)).toBe(false);
  });

  it('starts over when an operator lifts a suspension', () => {
    const broken = learn(0.2, 200).evidence;
    expect(isBelowFloor(broken)).toBe(true);
    const after = afterLifting(broken);
    expect(isBelowFloor(after)).toBe(false);
    expect(recentShare(after)).toEqual({ share: 0, low: 0, high: 1 });
    expect(isBelowFloor(learn(0.2, 60, { from: after }).evidence)).toBe(true);
  });
});

describe('kinds of hops', () => {
  it('tell the first hop that a probe shows from the further ones', () => {
    const path = new ReversePath(SOURCE, destination(), new AliasSets());
    path.extend(0, [stamped('1.0.0.1'), stamped('1.0.0.2')]);
    expect(path.hops.slice(1).map((hop) => hopKindOf(hop))).toEqual([
      'spoofedRecordRoute.stamp',
      'spoofedRecordRoute.stamp.further',
    ]);
    expect(path.hops.slice(1).map((hop) => rejoinKindOf(hop))).toEqual(['rejoin.other', 'rejoin.other.further']);
    expect(hopKindOf(stamped('1.0.0.1', HOST, { reusedAgeMs: 5 }))).toBe('knownPath.stamp');
    expect([0, 0.59, 0.99, 1].map(onPathKindOf)).toEqual(['onPath.0', 'onPath.0.5', 'onPath.0.99', 'onPath.0.99']);
  });
});

const suspendedBy = (kind: string, evidence: KindEvidence = NO_EVIDENCE): DeploymentCalibration => {
  const calibration = new DeploymentCalibration();
  calibration.replace(new Map([[kind, { evidence, isSuspended: true }]]));
  return calibration;
};

describe('suspended kinds', () => {
  it('are kept as a last resort, and are no longer measured', () => {
    const calibration = suspendedBy('spoofedRecordRoute.stamp', learn(0.7, 600).evidence);
    const extensions = new SuspendedExtensions(calibration);
    const hops = [stamped('1.0.0.1')];
    expect(extensions.suspendedKind(hops)).toBe('spoofedRecordRoute.stamp');
    expect(extensions.betterThan()).toBeUndefined();
    extensions.keep({ technique: 'spoofedRecordRoute', from: 0, hops });
    expect(extensions.betterThan()?.hops).toEqual([{ ...hops[0], trust: 'inferred' }]);
    const guess = (confidence: number): Hop => ({
      ...stamped('1.0.0.9'),
      technique: 'assumedInterdomain',
      trust: 'assumed',
      confidence,
      evidence: { type: 'symmetry', target: HOST, adjacent: true, isGateway: false, at: 1_000 },
    });
    expect(extensions.betterThan([guess(0.57)])).toBeDefined();
    expect(extensions.betterThan([guess(0.9)])).toBeUndefined();
    extensions.clear();
    expect(extensions.betterThan()).toBeUndefined();
  });

  it('are used like others when they are retried, with the same confidence', () => {
    const calibration = suspendedBy('atlas.exact', learn(0.7, 600).evidence);
    const retrying = withoutSuspensions(calibration);
    expect([calibration.hasSuspensions, calibration.isSuspended('atlas.exact')]).toEqual([true, true]);
    expect(retrying.isSuspended('atlas.exact')).toBe(false);
    expect(retrying.corrected('atlas.exact', 0.999)).toBe(calibration.corrected('atlas.exact', 0.999));
  });
});

describe('a host of the system that is measured as if it were foreign', () => {
  const aliases = new AliasSets();
  const [router, next] = [parseIpv4('1.0.0.1'), parseIpv4('1.0.0.2')];

  it('knows no next hops from probes to its /24, knows others, and teaches none', () => {
    const known = new NextHops({ capacity: 100 }, aliases);
    const foreign = new ForeignNextHops(HOST, { known, aliases });
    known.learn(SOURCE, [destination(BESIDE), stamped('1.0.0.1', BESIDE), stamped('1.0.0.2', BESIDE)], 1_000);
    expect(known.behind(SOURCE, router, 0).hops.map(({ address }) => address)).toEqual([next]);
    expect(foreign.behind(SOURCE, router, 0).hops).toEqual([]);
    const other = parseIpv4('7.7.7.7');
    known.learn(SOURCE, [destination(other), stamped('1.0.0.3', other), stamped('1.0.0.4', other)], 1_000);
    expect(foreign.behind(SOURCE, parseIpv4('1.0.0.3'), 0).hops).toHaveLength(1);
    const asKnown: NextHops = foreign;
    asKnown.learn(SOURCE, [destination(), stamped('1.0.0.7'), stamped('1.0.0.8')], 1_000);
    expect(known.behind(SOURCE, parseIpv4('1.0.0.7'), 0).hops).toEqual([]);
  });

  it('is not probed by vantage points of its /24', () => {
    const far = parseIpv4('8.8.4.4');
    const ranking = new IngressRanking(
      { vantagePoints: [HOST, BESIDE, far] },
      { ipToAs: new PrefixOrigins([]), clock: { now: () => 0, sleep: () => Promise.resolve() } },
    );
    const target = parseIpv4('1.0.0.9');
    expect(ranking.rank(target)).toHaveLength(3);
    expect(
      rankingWithout(HOST, ranking)
        .rank(target)
        .map(({ address }) => address),
    ).toEqual([far]);
  });
});
