import { createRandom } from '@revtr/probing';
import type { RipeProbe } from '@revtr/ripe-atlas';
import { describe, expect, it } from 'vitest';
import { chooseProbes } from '../src/atlas/probe-choice.ts';
import { streamUrlOf } from '../src/atlas/ripe-access.ts';

const probe = (id: number, asn: number | null, latitude = 0, more: Partial<RipeProbe> = {}): RipeProbe => ({
  id,
  address: null,
  asn,
  prefix: null,
  country: 'NL',
  place: { latitude, longitude: 0 },
  isAnchor: false,
  isConnected: true,
  tags: [],
  ...more,
});
const nobody: ReadonlySet<number> = new Set();
const choose = (probes: readonly RipeProbe[], count: number, keep = nobody, avoid = nobody, seed = 1): number[] =>
  chooseProbes(probes, { count, keep, avoid }, createRandom(seed)).map(({ id }) => id);

describe('choice of probes', () => {
  const probes = [
    ...[1, 2, 3, 4].map((id) => probe(id, 100)),
    probe(5, 100, 40),
    probe(6, 200),
    probe(7, 200, 0, { isAnchor: true }),
    probe(8, 300),
  ];

  it('takes one in each network first, then one in each place, anchors before others', () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const chosen = choose(probes, 8, nobody, nobody, seed);
      expect(new Set(chosen.slice(0, 3).map((id) => probes[id - 1].asn))).toEqual(new Set([100, 200, 300]));
      expect(chosen.slice(0, 3)).toContain(7);
      expect(
        new Set(
          chosen
            .slice(0, 4)
            .filter((id) => id < 6)
            .map((id) => probes[id - 1].place?.latitude),
        ),
      ).toEqual(new Set([0, 40]));
    }
  });

  it('keeps those that were useful, and takes those that added nothing last', () => {
    expect(new Set(choose(probes, 2, new Set([3, 4])))).toEqual(new Set([3, 4]));
    expect(choose(probes, 7, nobody, new Set([8]))).not.toContain(8);
    expect(choose(probes, 8, nobody, new Set([8])).at(-1)).toBe(8);
  });

  it('takes none that is not connected, or in no known network', () => {
    const chosen = choose([probe(1, null), probe(2, 5, 0, { isConnected: false }), probe(3, 5)], 9);
    expect(chosen).toEqual([3]);
  });
});

describe('where results are streamed', () => {
  it('depends on the URL of the API', () => {
    expect(streamUrlOf('https://atlas.ripe.net/api/v2/')).toBe('wss://atlas-stream.ripe.net/stream/');
    expect(streamUrlOf('http://127.0.0.1:9000/api/v2/')).toBe('ws://127.0.0.1:9000/stream/');
  });
});
