import type { AtlasPlatform } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { AliasSets, Atlas, type Hop, NextHops, PrefixOrigins } from '../src/index.ts';
import { AtlasIntersection } from '../src/techniques/atlas-intersection.ts';
import { KnownPath } from '../src/techniques/known-path.ts';
import {
  type Answer,
  DESTINATION,
  ip,
  measurementWith,
  ScriptedProber,
  SOURCE,
  stillClock,
} from './support/measurement.ts';

const NOW = stillClock.now();
const OLD = NOW - 600_000;
const aliases = new AliasSets();
const [A, B, C, OTHER] = [ip(31), ip(32), ip(33), ip(39)];

/** An atlas with a path by A, B and C, of which B was seen to stamp behind A. */
function atlasWith(path: { readonly platform: AtlasPlatform; readonly from: Ipv4Address; readonly at: number }): Atlas {
  const atlas = new Atlas({ aliases, ipToAs: new PrefixOrigins([]) });
  const { platform, from, at } = path;
  atlas.add({ platform, origin: from, source: SOURCE, at, hops: [from, A, B, C, SOURCE] });
  atlas.addTails(SOURCE, [{ target: A, sender: SOURCE, stamps: [B], at }]);
  return atlas;
}

/** What a path that has come to `met` takes from the atlas, when hops answer Record Route pings as `stampsBehind` says. */
async function extensionAt(met: Ipv4Address, atlas: Atlas, stampsBehind: (target: Ipv4Address) => Answer) {
  const prober = new ScriptedProber(({ target, option }) => {
    const stamps = option === undefined ? undefined : stampsBehind(target);
    return stamps && [ip(50), target, ...stamps];
  });
  const measurement = measurementWith(prober, { atlas, aliases }, met === DESTINATION ? met : ip(11));
  if (met !== DESTINATION) measurement.path.extend(0, [hop(met)]);
  const extension = await new AtlasIntersection({ checksOldPaths: true }).extend(measurement);
  const pinged = prober.pings.filter(({ option }) => option?.type === 'recordRoute').map(({ target }) => target);
  const hops = extension.outcome === 'extended' ? extension.hops : [];
  return { pinged, addresses: hops.map(({ address }) => address), techniques: hops.map(({ technique }) => technique) };
}

const hop = (address: Ipv4Address): Hop => ({
  address,
  technique: 'recordRoute',
  trust: 'measured',
  confidence: 1,
  evidence: { type: 'recordRoute', target: DESTINATION, sender: SOURCE, slot: 3, turn: 'stamp', at: OLD },
});
const nobody = (): Answer => undefined;

describe('a path of the atlas', () => {
  const ownEnd = { platform: 'reverseTraceroute', from: DESTINATION } as const;

  it('that an earlier reverse traceroute has shown is checked by one ping once it is old', async () => {
    const kept = { pinged: [DESTINATION], addresses: [A, B, C, SOURCE] };
    const shows = (stamps: Ipv4Address[]) => (target: Ipv4Address) => (target === DESTINATION ? stamps : undefined);
    expect(await extensionAt(DESTINATION, atlasWith({ ...ownEnd, at: OLD }), shows([A, B]))).toMatchObject(kept);
    // Silence refutes nothing.
    expect(await extensionAt(DESTINATION, atlasWith({ ...ownEnd, at: OLD }), nobody)).toMatchObject(kept);
    const fresh = atlasWith({ ...ownEnd, at: NOW - 1_000 });
    expect(await extensionAt(DESTINATION, fresh, shows([OTHER]))).toMatchObject({ ...kept, pinged: [] });
  });

  it('is left for the answer that contradicts it', async () => {
    const found = await extensionAt(DESTINATION, atlasWith({ ...ownEnd, at: OLD }), () => [A, OTHER]);
    expect(found).toMatchObject({ addresses: [A, OTHER, SOURCE], techniques: Array(3).fill('recordRoute') });
  });

  it('from a traceroute is checked only after another answer has contradicted a path of the source', async () => {
    const traced = { platform: 'ripeAtlas', from: ip(20), at: OLD } as const;
    expect(await extensionAt(A, atlasWith(traced), nobody)).toMatchObject({ pinged: [], addresses: [B, C, SOURCE] });
    const changed = atlasWith(traced);
    changed.add({ platform: 'ripeAtlas', origin: ip(21), source: SOURCE, at: OLD, hops: [ip(21), ip(60), C, SOURCE] });
    changed.compare(SOURCE, { target: ip(60), stamps: [], distance: 5, at: NOW - 1 });
    expect(await extensionAt(A, changed, () => [OTHER])).toMatchObject({ pinged: [A], addresses: [OTHER, SOURCE] });
  });
});

describe('known hops', () => {
  it.each([
    ['are used without a probe while they are fresh', NOW - 1_000, [B, C], []],
    ['are followed when a ping confirms them', OLD, [B, C], [B]],
    ['give way to what a ping shows', OLD, [OTHER], [OTHER]],
  ])('%s', async (_, at, expected, stamps) => {
    // No slot is left, so the answer does not show the whole path.
    const before = Array.from({ length: 8 - stamps.length }, (_, i) => ip(100 + i));
    const prober = new ScriptedProber(({ target }) => [...before, target, ...stamps]);
    const nextHops = new NextHops({ capacity: 10 }, aliases);
    nextHops.learn(SOURCE, [A, B, C].map(hop), at);
    const measurement = measurementWith(prober, { aliases, nextHops });
    measurement.path.extend(0, [hop(A)]);
    const extension = await new KnownPath().extend(measurement);
    expect(extension).toMatchObject({ outcome: 'extended', hops: expected.map((address) => ({ address })) });
    expect(prober.pings.map(({ target }) => target)).toEqual(stamps.length === 0 ? [] : [A]);
  });
});
