import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AliasSets, type Evidence, type Hop, ReversePath } from '../src/index.ts';
import { mergeInto } from '../src/path/merge.ts';
import { ip, SOURCE } from './support/measurement.ts';

const symmetry: Evidence = { type: 'symmetry', target: ip(10), adjacent: true, isGateway: false, at: 0 };
const hops = fc.array(
  fc.record({
    address: fc.integer({ min: 20, max: 60 }).map(ip),
    trust: fc.constantFrom('measured', 'inferred', 'assumed'),
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    evidence: fc.constantFrom<Evidence>({ type: 'destination' }, symmetry),
    confirmedBy: fc.array(fc.constant(ip(2)), { maxLength: 3 }),
  }),
  { maxLength: 6 },
);
const toHop = (hop: Omit<Hop, 'technique'>): Hop => ({ ...hop, technique: 'recordRoute' });
const first = toHop({
  address: ip(10),
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'destination' },
});
const extensions = fc.array(fc.tuple(fc.nat(9), hops), { maxLength: 6 });

describe('every path, however it is extended', () => {
  it('has probabilities from 0 to 1, and no higher probability as a whole than any of its hops', () => {
    fc.assert(
      fc.property(extensions, (list) => {
        const path = new ReversePath(SOURCE, first, new AliasSets());
        for (const [from, added] of list) path.extend(from % path.hops.length, added.map(toHop));
        expect(path.confidence).toBeGreaterThanOrEqual(0);
        for (const { confidence } of path.hops) {
          expect(confidence).toBeLessThanOrEqual(1);
          expect(confidence).toBeGreaterThanOrEqual(path.confidence - 1e-12);
        }
      }),
    );
  });

  it('never gains probability as a whole when it is extended at its end, unless packets refute an assumption', () => {
    fc.assert(
      fc.property(fc.array(hops, { maxLength: 6 }), (list) => {
        const path = new ReversePath(SOURCE, first, new AliasSets());
        for (const found of list) {
          const added = found.map((hop) => (hop.trust === 'assumed' ? ({ ...hop, trust: 'inferred' } as const) : hop));
          const [before, length] = [path.confidence, path.hops.length];
          path.extend(length - 1, added.map(toHop));
          expect(path.confidence).toBeLessThanOrEqual(before);
        }
      }),
    );
  });

  it('labels no hop measured that was found behind a hop which is not', () => {
    fc.assert(
      fc.property(extensions, (list) => {
        const path = new ReversePath(SOURCE, first, new AliasSets());
        for (const [from, added] of list) {
          const position = from % path.hops.length;
          const { hops: before } = path;
          const length = path.extend(position, added.map(toHop));
          const fresh = length === 0 ? [] : path.hops.slice(-length);
          // Packets that refute an assumption continue behind the hop before it.
          const anchor = before[Math.min(position, path.hops.length - fresh.length - 1)];
          const start = anchor.trust === 'measured' ? fresh.findIndex(({ trust }) => trust === 'assumed') : 0;
          if (start >= 0) expect(fresh.slice(start).map(({ trust }) => trust)).not.toContain('measured');
        }
      }),
    );
  });
});

describe('merging', () => {
  it('keeps the order of the extension, and drops everything up to the last known hop', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 20, max: 40 })), hops, (known, added) => {
        const path = [10, ...known].map(ip);
        const extension = added.map(toHop);
        const merge = mergeInto(0, extension, {
          positionOf: (address) => path.indexOf(address),
          isAssumed: () => false,
        });
        const kept = merge.added.map(({ address }) => address);
        expect(kept.filter((address) => path.includes(address))).toEqual([]);
        const all = extension.map(({ address }) => address);
        const end = all.slice(all.findLastIndex((address) => path.includes(address)) + 1);
        expect(kept).toEqual(end.filter((address, i) => address !== end[i - 1]));
      }),
    );
  });
});
