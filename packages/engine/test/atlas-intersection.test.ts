import type { Ipv4Address } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { AliasSets, Atlas, PrefixOrigins } from '../src/index.ts';
import { AtlasIntersection } from '../src/techniques/atlas-intersection.ts';
import { ip, measurementWith, ScriptedProber, SOURCE, stillClock } from './support/measurement.ts';

const HOUR_MS = 3_600_000;
const MET = ip(30);
const silence = new ScriptedProber(() => undefined);

/** The path that an atlas with these traceroutes gives from its first hop, ip(30), on. */
async function pathBy(traceroutes: readonly { readonly hops: readonly Ipv4Address[]; readonly ageMs: number }[]) {
  const facts = { aliases: new AliasSets(), ipToAs: new PrefixOrigins([]) };
  const atlas = new Atlas(facts);
  for (const [i, { hops, ageMs }] of traceroutes.entries()) {
    const path = { platform: 'ripeAtlas', origin: ip(20 + i), source: SOURCE, at: stillClock.now() - ageMs } as const;
    atlas.add({ ...path, hops: [ip(20 + i), ...hops, SOURCE] });
  }
  const measurement = measurementWith(silence, { ...facts, atlas }, MET);
  const extension = await new AtlasIntersection().extend(measurement);
  if (extension.outcome !== 'extended') throw new Error('the atlas has a path');
  measurement.path.extend(extension.from, extension.hops);
  return measurement.path;
}

describe('the confidence in a path of the atlas', () => {
  const tail = [ip(31), ip(32), ip(33), ip(34), ip(35)];

  it('falls with its age once, and not again with each of its hops', async () => {
    const lossBy = async (hops: readonly Ipv4Address[]): Promise<number> => {
      const [fresh, old] = await Promise.all(
        [0, 20 * HOUR_MS].map((ageMs) => pathBy([{ hops: [MET, ...hops], ageMs }])),
      );
      return old.confidence / fresh.confidence;
    };
    expect(await lossBy(tail)).toBeLessThan(1);
    expect(await lossBy(tail)).toBeCloseTo(await lossBy(tail.slice(0, 1)), 6);
  });

  it('is lower at the first hop behind a router that balances load, and not lower again behind it', async () => {
    const single = await pathBy([{ hops: [MET, ...tail], ageMs: 0 }]);
    const balanced = await pathBy([
      { hops: [MET, ...tail], ageMs: 0 },
      { hops: [MET, ip(41), ip(42), ip(35)], ageMs: HOUR_MS },
    ]);
    expect(balanced.hops.map(({ address }) => address)).toEqual(single.hops.map(({ address }) => address));
    const steps = balanced.hops.map(({ uncorrected }) => uncorrected?.step ?? 1);
    const usual = single.hops.map(({ uncorrected }) => uncorrected?.step ?? 1);
    expect(steps[1]).toBeLessThan(0.95 * usual[1]);
    expect(steps.slice(2)).toEqual(usual.slice(2));
    // Parallel links, which all lead to the next hop.
    const parallel = await pathBy([
      { hops: [MET, ...tail], ageMs: 0 },
      { hops: [MET, ip(41), ...tail.slice(1)], ageMs: HOUR_MS },
    ]);
    const [, step] = parallel.hops.map(({ uncorrected }) => uncorrected?.step ?? 1);
    expect(step).toBeGreaterThan(steps[1]);
    expect(step).toBeLessThan(usual[1]);
  });
});
