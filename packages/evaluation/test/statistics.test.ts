import { createRandom } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import { countHops, figuresOf } from '../src/evaluate/summary/figures.ts';
import { compareWithRivals } from '../src/evaluate/summary/paired.ts';
import { summarise } from '../src/evaluate/summary/summary.ts';
import type { Unit } from '../src/evaluate/units/unit.ts';
import type { EvaluatedResult, UnitResult } from '../src/evaluate/units/unit-result.ts';
import { BASES } from '../src/judging/basis.ts';
import { bootstrap } from '../src/statistics/bootstrap.ts';
import { type Claim, calibrate } from '../src/statistics/calibration.ts';
import { mean, quantile } from '../src/statistics/quantiles.ts';

const pair = (changes: Partial<EvaluatedResult> = {}): EvaluatedResult => ({
  source: 1,
  destination: 'host',
  network: 1,
  isUsual: true,
  reached: true,
  basis: 'measured',
  usesInterdomainAssumption: false,
  usesFarStandIn: false,
  hops: [],
  routers: { found: 8, of: 10 },
  visibleRouters: { found: 8, of: 8 },
  asPathExact: true,
  asPathExactByOrigins: true,
  asPathExactBySearch: true,
  asPathExactByOwners: true,
  confidence: 1,
  allRight: true,
  steps: { recordRoute: 0, intradomainElsewhere: 0, gateway: 0, other: 0, hasGateway: false },
  optionProbes: 2,
  allProbes: 4,
  spoofedRounds: 1,
  latencyMs: 500,
  spoofedRoundsMs: 200,
  ...changes,
});
const unit: Unit = {
  profile: 'kind',
  family: 'grown',
  size: 'small',
  seed: 1,
  pairs: 4,
  hours: 0,
  mostVantagePoints: 5,
  atlasProbes: 1,
  changes: {},
  plan: 'default',
  fleet: 5,
  atlas: 'usual',
};
const preparation = { surveyProbes: 100, tracerouteProbes: 50, atlasOptionProbes: 20 };
const resultOf = (changes: Partial<Unit>, pairs: readonly EvaluatedResult[]): UnitResult => ({
  unit: { ...unit, ...changes },
  preparation,
  silentShare: 0.2,
  pairs,
});

describe('confidence intervals', () => {
  it('contain the true mean in about 95 % of the cases', () => {
    const lists = Array.from({ length: 60 }, (_, k) =>
      Array.from({ length: 50 }, (_, i) => (Math.imul(i * 97 + k * 7919 + 13, 2654435761) >>> 0) / 2 ** 32),
    );
    const holds = lists.filter((list) => {
      const { average } = bootstrap([list], (sample) => ({ average: mean(sample) }));
      return average.low <= 0.5 && average.high >= 0.5;
    });
    expect(holds.length).toBeGreaterThanOrEqual(51);
    expect(holds.length).toBeLessThanOrEqual(60);
  });

  it('agree with the normal approximation for a share of many items', () => {
    const random = createRandom(7);
    const items = Array.from({ length: 2_000 }, () => Number(random.chance(0.3)));
    const { share } = bootstrap([items], (sample) => ({ share: mean(sample) }));
    // 1.96 standard errors of a share of 0.3 from 2,000 items (Wald).
    const halfWidth = 1.96 * Math.sqrt((0.3 * 0.7) / 2_000);
    expect((share.high - share.low) / 2).toBeGreaterThan(0.8 * halfWidth);
    expect((share.high - share.low) / 2).toBeLessThan(1.2 * halfWidth);
  });

  it('include the variation between groups', () => {
    const groups = [0.2, 0.5, 0.8].map((value) => Array.from({ length: 1_000 }, (_, i) => value + (i % 3) / 1_000));
    const average = (sample: readonly number[]) => ({ average: mean(sample) });
    const width = ({ average: { low, high } }: ReturnType<typeof bootstrap<number, 'average'>>): number => high - low;
    expect(width(bootstrap([groups.flat()], average))).toBeLessThan(0.05);
    expect(width(bootstrap(groups, average))).toBeGreaterThan(0.3);
  });

  it('contain the true mean in about 95 % of the cases also with three groups that differ', () => {
    const random = createRandom(11);
    const normal = (): number => Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b, -6);
    const holds = Array.from({ length: 200 }, () => {
      const groups = Array.from({ length: 3 }, () => {
        const level = normal();
        return Array.from({ length: 20 }, () => level + normal() / 2);
      });
      const { average } = bootstrap(groups, (sample) => ({ average: mean(sample) }));
      return average.low <= 0 && average.high >= 0;
    }).filter(Boolean).length;
    expect(holds).toBeGreaterThan(180);
    expect(holds).toBeLessThan(200);
  });

  it('include the dependence of items of one cluster', () => {
    const items = Array.from({ length: 400 }, (_, i) => ({ cluster: i % 8, value: (i % 8) / 8 }));
    const average = (sample: readonly (typeof items)[number][]) => ({
      average: mean(sample.map(({ value }) => value)),
    });
    const width = ({ average: { low, high } }: ReturnType<typeof bootstrap<unknown, 'average'>>): number => high - low;
    const apart = width(bootstrap([items], average));
    expect(width(bootstrap([items], average, { clusterOf: ({ cluster }) => cluster }))).toBeGreaterThan(4 * apart);
  });

  it('contain the true mean in about 95 % of the cases where items depend on each other by two crossing keys', () => {
    const random = createRandom(17);
    const normal = (): number => Array.from({ length: 12 }, () => random.next()).reduce((a, b) => a + b, -6);
    const keys = { clusterOf: (item: Item) => item.network, secondClusterOf: (item: Item) => item.source };
    interface Item {
      readonly source: number;
      readonly network: number;
      readonly value: number;
    }
    // Only about half of the intervals contain it if they leave the sources out.
    const holds = Array.from({ length: 100 }, () => {
      const [sources, networks] = [Array.from({ length: 10 }, normal), Array.from({ length: 40 }, normal)];
      const items = Array.from({ length: 120 }, (): Item => {
        const [source, network] = [random.below(10), random.below(40)];
        return { source, network, value: sources[source] + networks[network] / 2 + normal() / 2 };
      });
      const { average } = bootstrap([items], (sample) => ({ average: mean(sample.map(({ value }) => value)) }), keys);
      return average.low <= 0 && average.high >= 0;
    }).filter(Boolean).length;
    expect(holds).toBeGreaterThanOrEqual(88);
  });

  it('are not wider by a second key on which nothing depends', () => {
    const random = createRandom(19);
    const items = Array.from({ length: 400 }, (_, i) => ({ key: i % 10, value: random.next() }));
    const average = (sample: readonly (typeof items)[number][]) => ({
      average: mean(sample.map(({ value }) => value)),
    });
    const width = ({ average: { low, high } }: ReturnType<typeof bootstrap<unknown, 'average'>>): number => high - low;
    const alone = width(bootstrap([items], average));
    expect(width(bootstrap([items], average, { secondClusterOf: ({ key }) => key }))).toBeLessThan(1.4 * alone);
  });

  it('stay within the bounds of a figure, and leave out resamples without a value', () => {
    const groups = [[1], [1], [Number.NaN]];
    const figures = (sample: readonly number[]) => {
      const counted = sample.filter((value) => !Number.isNaN(value));
      return { share: counted.length === 0 ? Number.NaN : mean(counted) };
    };
    expect(bootstrap(groups, figures).share).toEqual({ value: 1, low: 1, high: 1 });
    const wide = bootstrap(
      [
        [0, 1],
        [1, 1],
        [1, 1],
      ],
      (sample) => ({ share: mean(sample) }),
      { bounds: () => [0, 1] },
    );
    expect(wide.share.high).toBe(1);
    expect(wide.share.low).toBeGreaterThanOrEqual(0);
  });
});

describe('calibration', () => {
  const claims = (confidence: number, right: number, wrong: number): Claim[] =>
    [...Array(right).fill(true), ...Array(wrong).fill(false)].map((isRight) => ({ confidence, isRight }));

  it('has no error if the share of right claims equals the confidence, and measures the difference otherwise', () => {
    expect(calibrate(claims(0.75, 75, 25)).error).toBeCloseTo(0);
    expect(calibrate(claims(0.75, 75, 25)).brier).toBeCloseTo(0.1875);
    expect(calibrate([...claims(0.75, 55, 45), ...claims(1, 100, 0)]).error).toBeCloseTo(0.1);
  });

  it('has the error by chance that exact claims have on average', () => {
    const random = createRandom(1);
    const draw = (confidence: number): Claim => ({ confidence, isRight: random.chance(confidence) });
    const samples = Array.from({ length: 400 }, () =>
      calibrate([...Array(100).keys()].flatMap(() => [draw(0.3), draw(0.75), draw(0.97)])),
    );
    const average = (pick: (sample: (typeof samples)[number]) => number): number => mean(samples.map(pick));
    expect(average(({ error }) => error)).toBeCloseTo(
      average(({ chanceError }) => chanceError),
      2,
    );
  });
});

describe('quantiles', () => {
  it('are values of the list, by nearest rank', () => {
    expect([0, 0.25, 0.5, 0.95, 1].map((q) => quantile([4, 1, 3, 2], q))).toEqual([1, 1, 2, 4, 4]);
    expect(quantile([], 0.5)).toBe(0);
  });
});

describe('the figures', () => {
  it('count every pair once by what it rests on', () => {
    const pairs = BASES.flatMap((basis, i) => Array.from({ length: i + 1 }, () => countHops(pair({ basis }))));
    const figures = figuresOf(pairs);
    expect(BASES.map((basis) => figures[basis] * pairs.length).map(Math.round)).toEqual(BASES.map((_, i) => i + 1));
    expect(BASES.reduce((sum, basis) => sum + figures[basis], 0)).toBeCloseTo(1);
  });

  it('take exact AS paths as a share of all pairs and of those that reach the source', () => {
    const pairs = [pair(), pair({ asPathExact: false }), pair({ reached: false, asPathExact: false })].map(countHops);
    expect(figuresOf(pairs)).toMatchObject({ asPathsExactOfAll: 1 / 3, asPathsExact: 0.5, reached: 2 / 3 });
  });

  it('tell why pairs are incomplete, as parts of the incomplete ones', () => {
    const failed = (['border', 'border', 'traceroute', 'noHop', 'other'] as const).map((failure) =>
      pair({ reached: false, basis: 'incomplete', failure }),
    );
    const figures = figuresOf([...failed, pair(), pair(), pair()].map(countHops));
    const { incomplete, failedAtBorder, failedTraceroute, failedWithoutHop, failedOtherwise } = figures;
    expect([failedAtBorder, failedTraceroute, failedWithoutHop, failedOtherwise]).toEqual([2 / 8, 1 / 8, 1 / 8, 1 / 8]);
    expect(incomplete).toBe(5 / 8);
  });

  it('take the hops called measured as a share of all hops, whether they can be judged or not', () => {
    const hop = {
      technique: 'recordRoute',
      kind: 'recordRoute.stamp',
      constant: 'recordRoute.stamp.first',
      confidence: 1,
      trust: 'measured',
      verdict: 'unjudged',
      isRightByOneFlow: false,
    } as const;
    const hops = [hop, { ...hop, trust: 'assumed' }, { ...hop, trust: 'inferred' }, hop] as const;
    expect(figuresOf([countHops(pair({ hops }))]).measuredHops).toBe(0.5);
  });

  it('estimates exact AS paths with the published share of right assumptions across borders', () => {
    const hop = (kind: string, verdict: 'right' | 'wrong') =>
      ({
        technique: 'assumedInterdomain',
        kind,
        constant: 'interdomain.peer',
        confidence: 0.7,
        trust: 'assumed',
        verdict,
        isRightByOneFlow: true,
      }) as const;
    const adjacent = (verdict: 'right' | 'wrong') => [hop('assumedSymmetry.interdomain', verdict)];
    const pairs = [adjacent('right'), adjacent('right'), adjacent('right'), adjacent('wrong')].map((hops) =>
      countHops(pair({ hops, asPathExact: hops[0].verdict === 'right' })),
    );
    const { interdomainRight, asPathsExactIfAsymmetric } = figuresOf(pairs);
    expect(interdomainRight).toBe(0.75);
    // Three of four pairs are exact by one assumption each, which would be right 57 times instead of 75 times.
    expect(asPathsExactIfAsymmetric).toBeCloseTo(0.75 * (0.57 / 0.75));
  });

  it('show the latency without the time in spoofed rounds', () => {
    const pairs = [pair(), pair({ latencyMs: 26_000, spoofedRoundsMs: 25_000 }), pair({ latencyMs: 900 })].map(
      countHops,
    );
    expect(figuresOf(pairs)).toMatchObject({ latencyMedian: 900, otherLatencyMedian: 700, otherLatencyP95: 1_000 });
  });

  it('have no value where there is nothing to count', () => {
    expect(figuresOf([countHops(pair({ visibleRouters: { found: 0, of: 0 } }))]).visibleRoutersFound).toBeNaN();
  });

  it('leave unusual destinations to the rows by kind, and share the preparation among all pairs', () => {
    const silent = pair({ destination: 'silent', isUsual: false, reached: false });
    const [summary] = summarise([resultOf({}, [pair(), pair(), pair(), silent])]);
    expect([summary.pairs, summary.figures.reached.value]).toEqual([3, 1]);
    expect(summary.byDestination.silent).toMatchObject({ pairs: 1, figures: { reached: { value: 0 } } });
    expect(summary.preparationOptionProbesPerPair).toBe(120 / 4);
  });
});

describe('the comparison with rivals', () => {
  // Of 1,000 pairs the plan has 900 exact and the rival 800; the rival completes 850. Errors fall on the same pairs where they can.
  const pairs = Array.from({ length: 1_000 }, (_, i) => ({
    own: pair({ network: i, asPathExact: i < 900, asPathExactByOrigins: i < 700, optionProbes: 3 }),
    other: pair({
      network: i,
      asPathExact: i < 800,
      asPathExactByOrigins: i < 800,
      asPathExactBySearch: i < 950,
      reached: i < 850,
      optionProbes: 6,
    }),
  }));
  const results = [
    resultOf(
      { plan: 'default' },
      pairs.map(({ own }) => own),
    ),
    resultOf(
      { plan: 'rival' },
      pairs.map(({ other }) => other),
    ),
    // A plan on another Internet is not compared.
    resultOf(
      { plan: 'other', seed: 2 },
      pairs.map(({ other }) => other),
    ),
  ];
  const comparisons = compareWithRivals(results, 'default');

  it('subtracts on the same pairs of the same Internet', () => {
    expect(comparisons.map(({ rival }) => rival)).toEqual(['rival']);
    const [{ allPairs, pairsThatRivalCompletes }] = comparisons;
    expect([allPairs.pairs, pairsThatRivalCompletes.pairs]).toEqual([1_000, 850]);
    expect(allPairs.asPathsExact.value).toBeCloseTo(0.1);
    expect(allPairs.reached.value).toBeCloseTo(0.15);
    expect(allPairs.asPathsExactByOrigins.value).toBeCloseTo(-0.1);
    expect(allPairs.asPathsExactBySearch.value).toBeCloseTo(0.05);
    expect(allPairs.optionProbesRatio.value).toBe(0.5);
    expect(pairsThatRivalCompletes.asPathsExact.value).toBeCloseTo(50 / 850);
  });

  it('has the interval of McNemar: the pairs on which both agree do not widen it', () => {
    const [{ allPairs }] = comparisons;
    // 100 pairs differ, all one way: the standard error of the difference is sqrt(b + c - (b - c)² / n) / n.
    const halfWidth = (1.96 * Math.sqrt(100 - 100 ** 2 / 1_000)) / 1_000;
    const found = (allPairs.asPathsExact.high - allPairs.asPathsExact.low) / 2;
    expect(found).toBeGreaterThan(0.8 * halfWidth);
    expect(found).toBeLessThan(1.2 * halfWidth);
  });
});
