import { createRandom, type Random } from '@revtr/probing';
import { describe, expect, it } from 'vitest';
import type { SamePlace } from '../src/watches/detection/compare.ts';
import { type Change, type DetectorState, detectorSchema, judgeRun } from '../src/watches/detection/detector.ts';
import type { Observation, Place } from '../src/watches/detection/observation.ts';

/** Routers by letter; the network is the tens digit of the number. */
const place = (name: string, asn?: number, view: Place['view'] = 'stamp'): Place => ({
  addresses: [name],
  view,
  ...(asn !== undefined && { asn }),
});
const DESTINATION = place('dst', 1, 'end');
const SOURCE = place('src', 9, 'end');
const path = (...places: readonly Place[]): Place[] => [DESTINATION, ...places, SOURCE];
const A = place('a', 1);
const B = place('b', 2);
const C = place('c', 2);
const D = place('d', 9);
const USUAL = path(A, B, C, D);

type Seen = Partial<Omit<Observation, 'run' | 'at'>>;

/** Feeds runs to a detector, which is stored and read between them as in the database. */
class Watch {
  state: DetectorState | undefined;
  readonly changes: Change[] = [];
  readonly paths: (number | undefined)[] = [];
  needsConfirmation = false;
  #run = 0;
  readonly #samePlace: SamePlace;

  constructor(samePlace: SamePlace = () => false) {
    this.#samePlace = samePlace;
  }

  run(seen: Seen, times = 1): this {
    for (let i = 0; i < times; i++) {
      this.#run++;
      const observation: Observation = { run: this.#run, at: this.#run, reach: 'reached', places: USUAL, ...seen };
      const judgement = judgeRun(this.state, observation, this.#samePlace);
      this.state = detectorSchema.parse(JSON.parse(JSON.stringify(judgement.state)));
      this.needsConfirmation = judgement.needsConfirmation;
      this.paths.push(judgement.path);
      if (judgement.change) this.changes.push(judgement.change);
    }
    return this;
  }

  get kinds(): string[] {
    return this.changes.map(({ kinds }) => kinds.join(' '));
  }
}

const established = (samePlace?: SamePlace): Watch => new Watch(samePlace).run({}, 12);

describe('a change of the path', () => {
  const other = path(A, place('x', 2), place('y', 2), D);

  it('is a change when a second measurement confirms it, and not before', () => {
    const watch = established().run({ places: other });
    expect([watch.kinds, watch.needsConfirmation, watch.paths.at(-1)]).toEqual([[], true, undefined]);
    watch.run({ places: other });
    expect([watch.kinds, watch.needsConfirmation, watch.paths.at(-1)]).toEqual([['path'], false, 2]);
    expect(watch.changes[0]).toMatchObject({ before: { places: USUAL }, after: { places: other }, firstRun: 13 });
    expect(watch.run({ places: other }, 5).kinds).toHaveLength(1);
  });

  it('says whether the networks differ as well', () => {
    const watch = established().run({ places: path(A, place('x', 3), D) }, 2);
    expect(watch.kinds).toEqual(['path asPath']);
  });

  it('gives an earlier path its number again', () => {
    const watch = established().run({ places: other }, 12).run({}, 2);
    expect([watch.kinds, watch.paths.at(-1)]).toEqual([['path', 'path'], 1]);
  });

  it('needs more confirmation while the watch is young, and none is told while it settles', () => {
    expect(new Watch().run({}, 4).run({ places: other }, 5).kinds).toEqual([]);
    expect(new Watch().run({}, 4).run({ places: other }, 6).kinds).toEqual(['path']);
    const young = new Watch().run({}).run({ places: other }, 12);
    expect([young.kinds, young.paths.at(-1)]).toEqual([[], 2]);
  });

  it('is found when it happens to a router that came and went before', () => {
    const watch = established();
    for (let i = 0; i < 3; i++) watch.run({ places: other }).run({}, 3);
    expect(watch.run({ places: other }, 19).kinds).toEqual([]);
    expect(watch.run({ places: other }).kinds).toEqual(['path']);
  });
});

describe('no change', () => {
  it.each<[string, Seen]>([
    ['a router that is silent', { places: path(A, C, D) }],
    ['a router that was silent before', { places: path(A, place('x', 2), B, C, D) }],
    ['a network without a visible router', { places: path(A, D) }],
    ['a network that was not visible before', { places: path(A, place('x', 3), B, C, D) }],
    ['a path that ends early', { places: [DESTINATION, A, place('x', 3)] }],
    ['a router that was seen in another way', { places: path(A, place('x', 2, 'reply'), C, D) }],
    ['an address of a neighbouring network', { places: path(A, place('x', 1, 'reply'), C, D) }],
    ['a place with alternatives, one of which is known', { places: path(A, { ...B, addresses: ['x', 'b'] }, C, D) }],
    ['the path of a neighbour of a silent destination', { reach: 'throughNeighbour', through: 'n', places: path(D) }],
  ])('is %s', (_, seen) => {
    const watch = established().run(seen, 2);
    expect(watch.kinds).toEqual([]);
  });

  it('is another address of the same router', () => {
    const aliases = established((a, b) => [a, b].sort().join() === 'b,x');
    expect(aliases.run({ places: path(A, place('x', 2), C, D) }, 40).kinds).toEqual([]);
  });

  it('is a destination that stops answering for good', () => {
    const seen: Seen = { reach: 'throughNeighbour', through: 'n', places: [place('n', 1, 'end'), D, SOURCE] };
    const watch = established().run(seen, 40);
    expect([watch.kinds, watch.paths.at(-1)]).toEqual([[], 2]);
  });

  it('is whatever happens to be visible of one path', () => {
    let reports = 0;
    for (let seed = 0; seed < 100; seed++) {
      const random = createRandom(seed);
      const routers = 'abcdefgh'
        .split('')
        .map((name, i) => ({ router: place(name, 1 + Math.floor(i / 3)), share: random.next() }));
      const watch = new Watch();
      for (let run = 0; run < 100; run++)
        watch.run({ places: path(...routers.flatMap(({ router, share }) => (random.chance(share) ? [router] : []))) });
      reports += watch.changes.length;
    }
    // 100 watches whose routers answer with probabilities from 0 to 1, 10,000 runs.
    expect(reports).toBeLessThanOrEqual(3);
  });

  it('is load balancing: few of many long watches report it once, while it is new', () => {
    let reports = 0;
    for (let seed = 0; seed < 60; seed++) {
      const random = createRandom(seed);
      const watch = new Watch();
      for (let run = 0; run < 300; run++) watch.run({ places: balanced(random) });
      reports += watch.changes.length;
    }
    // 60 watches with two load balancers and a lossy hop each, 18,000 runs.
    expect(reports).toBeLessThanOrEqual(2);
  });
});

/** Two places with two routers taken at random, in different networks at the second, and a router that answers three times in four. */
function balanced(random: Random): Place[] {
  const first = random.pick([B, place('b2', 2)]);
  const second = random.pick([place('e', 4), place('f', 5)]);
  return path(A, first, ...(random.chance(0.75) ? [C] : []), second, D);
}

describe('the reach', () => {
  const incomplete: Seen = { reach: 'notReached', places: [DESTINATION, A] };

  it('changes when a second measurement confirms it, in both directions', () => {
    const watch = established().run(incomplete);
    expect([watch.kinds, watch.needsConfirmation]).toEqual([[], true]);
    watch.run(incomplete, 12).run({}, 2);
    expect(watch.kinds).toEqual(['reach', 'reach']);
    expect(watch.changes[0]).toMatchObject({ before: { reach: 'reached' }, after: { reach: 'notReached' } });
    expect(watch.changes[1]).toMatchObject({ before: { reach: 'notReached' }, after: { reach: 'reached' } });
  });

  it('does not change where it comes and goes', () => {
    const random = createRandom(1);
    const watch = new Watch();
    for (let run = 0; run < 2_000; run++) watch.run(random.chance(0.5) ? {} : incomplete);
    expect(watch.changes.length).toBeLessThanOrEqual(1);
  });
});

describe('the round-trip time', () => {
  const rtts = (watch: Watch, ...times: readonly number[]): Watch => {
    for (const rttMs of times) watch.run({ rttMs });
    return watch;
  };
  const usual = (): Watch => rtts(new Watch(), ...Array.from({ length: 12 }, (_, i) => 40 + (i % 3)));

  it('changes when three runs in a row show another one', () => {
    const watch = rtts(usual(), 220, 221);
    expect([watch.kinds, watch.needsConfirmation]).toEqual([[], true]);
    rtts(watch, 219);
    expect(watch.kinds).toEqual(['rtt']);
    expect(watch.changes[0]).toMatchObject({ before: { rttMs: 41 }, after: { rttMs: 219 } });
    expect(rtts(watch, 220, 221, 222).kinds).toHaveLength(1);
  });

  it('does not change by peaks, by a little, or where it always varies', () => {
    expect(rtts(usual(), 220, 41, 300, 301, 40, 41, 48, 49, 48).kinds).toEqual([]);
    const random = createRandom(2);
    const varying = new Watch();
    for (let run = 0; run < 1_000; run++) rtts(varying, 50 + 100 * random.next());
    expect(varying.kinds).toEqual([]);
  });

  it('is told with the path when both change', () => {
    const watch = usual().run({ places: path(A, place('x', 3), D), rttMs: 220 }, 2);
    expect(watch.kinds).toEqual(['path asPath rtt']);
  });
});
