import { type Ipv4Address, parseIpv4, parsePrefix } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import {
  AliasSets,
  type AskTraceroute,
  Atlas,
  DEFAULT_OPTIONS,
  type Measurement,
  type MeasurementOptions,
  PrefixOrigins,
} from '../src/index.ts';
import { NetworkPath } from '../src/techniques/network-path.ts';
import { TracerouteOnDemand } from '../src/techniques/traceroute-on-demand.ts';
import { measurementWith, ScriptedProber, SOURCE } from './support/measurement.ts';

const ipToAs = new PrefixOrigins(
  ['5.0.0.0/16', '6.0.0.0/16', '7.0.0.0/16', '8.0.0.0/16'].map((prefix) => ({
    prefix: parsePrefix(prefix),
    asn: Number(prefix[0]),
  })),
);
const aliases = new AliasSets();
/** The hop at which the path is stuck, in AS 6. */
const STUCK = parseIpv4('6.0.1.10');
const addresses = (...texts: string[]): Ipv4Address[] => texts.map(parseIpv4);
const PROBE_PATH = addresses('6.0.9.1', '6.0.9.2', '6.0.9.3', '6.0.9.4', '7.0.0.1');

const atlasWith = (...paths: Ipv4Address[][]): Atlas => {
  const atlas = new Atlas({ aliases, ipToAs });
  for (const hops of paths)
    atlas.add({ platform: 'ripeAtlas', origin: hops[0], source: SOURCE, at: 500, hops: [...hops, SOURCE] });
  return atlas;
};
const at = (changes: Partial<Measurement>, options: Partial<MeasurementOptions> = {}): Measurement =>
  measurementWith(
    new ScriptedProber(() => undefined),
    { ipToAs, aliases, options: { ...DEFAULT_OPTIONS, ...options }, ...changes },
    STUCK,
  );

describe('the path of another host through the network of the last hop', () => {
  const find = (atlas: Atlas, options: Partial<MeasurementOptions> = {}) =>
    new NetworkPath().extend(at({ atlas }, options));

  it('continues the path from the last two hops in that network on', async () => {
    const extension = await find(atlasWith(PROBE_PATH));
    expect(extension).toMatchObject({
      outcome: 'extended',
      hops: [...PROBE_PATH.slice(2), SOURCE].map((address) => ({
        address,
        technique: 'networkPath',
        trust: 'inferred',
        evidence: { type: 'networkPath', target: STUCK, network: 6, origin: PROBE_PATH[0], isOnDemand: false },
      })),
    });
  });

  it('uses paths that were added, removed or given to another network since the last search', async () => {
    const networks = new Map([...PROBE_PATH, STUCK].map((address) => [address, ipToAs.originOf(address)]));
    const changing = { originOf: (address: Ipv4Address) => networks.get(address), prefixOf: () => undefined };
    const atlas = new Atlas({ aliases, ipToAs: changing });
    const search = async (): Promise<string> =>
      (await new NetworkPath().extend(at({ atlas, ipToAs: changing }))).outcome;
    expect(await search()).toBe('nothingFound');
    const path = { platform: 'ripeAtlas', origin: PROBE_PATH[0], source: SOURCE, at: 500 } as const;
    const added = atlas.add({ ...path, hops: [...PROBE_PATH, SOURCE] });
    expect(await search()).toBe('extended');
    atlas.remove(SOURCE, [added.path]);
    expect(await search()).toBe('nothingFound');
    atlas.add({ ...path, hops: [...PROBE_PATH, SOURCE] });
    networks.set(STUCK, 7);
    for (const address of PROBE_PATH) networks.set(address, 8);
    atlas.forgetNetworks();
    expect(await search()).toBe('nothingFound');
    networks.set(PROBE_PATH[4], 7);
    expect(await search()).toBe('nothingFound');
    atlas.forgetNetworks();
    expect(await search()).toBe('extended');
  });

  it('never counts as measured, also not behind a measured hop', async () => {
    const measurement = at({ atlas: atlasWith(PROBE_PATH) });
    const extension = await new NetworkPath().extend(measurement);
    if (extension.outcome !== 'extended') throw new Error(extension.detail);
    measurement.path.extend(extension.from, extension.hops);
    expect(measurement.path.isComplete).toBe(true);
    const [, ...behind] = measurement.path.hops;
    expect(new Set(behind.slice(0, -1).map(({ trust }) => trust))).toEqual(new Set(['inferred']));
  });

  it('is the one with the address most like that of the last hop', async () => {
    const near = addresses('8.0.0.9', '6.0.1.99', '8.0.0.1');
    const extension = await find(atlasWith(PROBE_PATH, near));
    expect(extension).toMatchObject({ hops: [{ address: near[1] }, { address: near[2] }, { address: SOURCE }] });
  });

  it('is not taken from a path that does not cross the network, is too old, or that the request does not want', async () => {
    const elsewhere = atlasWith(addresses('7.0.0.9', '7.0.0.1'));
    const crossing = atlasWith(PROBE_PATH);
    const outcomes = [
      await find(elsewhere),
      await find(crossing, { atlasMaxAgeMs: 100 }),
      await find(crossing, { atlasPlatforms: ['vantagePoint'] }),
      await find(crossing, { ignoreOwnNetwork: true }),
      await find(crossing, { useAtlas: false }),
    ].map(({ outcome }) => outcome);
    expect(outcomes).toEqual(['nothingFound', 'nothingFound', 'nothingFound', 'nothingFound', 'notApplicable']);
  });
});

describe('a traceroute on demand', () => {
  /** A probe that sends its traceroute when it is asked. */
  const asking = (atlas: Atlas, hops: readonly Ipv4Address[], asked: Ipv4Address[] = []): AskTraceroute => {
    return async (near) => {
      asked.push(near);
      const path = {
        platform: 'ripeAtlas',
        origin: hops[0],
        source: SOURCE,
        at: 900,
        hops: [...hops, SOURCE],
      } as const;
      return { path: atlas.add(path).path, detail: 'asked' };
    };
  };

  it('is not asked for unless the request allows it', async () => {
    const extension = await new TracerouteOnDemand({ most: 1 }).extend(at({ atlas: atlasWith() }));
    expect(extension.outcome).toBe('notApplicable');
  });

  it('is an atlas path when it passes the last hop', async () => {
    const atlas = atlasWith();
    const through = addresses('6.0.9.1', '6.0.1.10', '7.0.0.1');
    const measurement = at({ atlas, askTraceroute: asking(atlas, through) });
    const extension = await new TracerouteOnDemand({ most: 1 }).extend(measurement);
    expect(extension).toMatchObject({ hops: [{ address: through[2], technique: 'atlas', trust: 'measured' }, {}] });
    expect(measurement.stats.onDemandTraceroutes).toBe(1);
  });

  it('gives the way out of the network when it does not', async () => {
    const atlas = atlasWith();
    const asked: Ipv4Address[] = [];
    const measurement = at({ atlas, askTraceroute: asking(atlas, PROBE_PATH, asked) });
    const extension = await new TracerouteOnDemand({ most: 1 }).extend(measurement);
    expect(asked).toEqual([STUCK]);
    const hop = { technique: 'networkPath', trust: 'inferred', evidence: { isOnDemand: true } };
    expect(extension).toMatchObject({
      hops: [...PROBE_PATH.slice(2), SOURCE].map((address) => ({ ...hop, address })),
    });
  });

  it('is asked for so often at most, and says why there is none', async () => {
    const atlas = atlasWith();
    const asked: Ipv4Address[] = [];
    const technique = new TracerouteOnDemand({ most: 1 });
    await technique.extend(at({ atlas, askTraceroute: asking(atlas, PROBE_PATH, asked) }));
    const second = await technique.extend(at({ atlas, askTraceroute: asking(atlas, PROBE_PATH, asked) }));
    expect([second.outcome, asked.length]).toEqual(['notApplicable', 1]);
    const askTraceroute: AskTraceroute = async () => ({ detail: 'no probe is near' });
    const third = await new TracerouteOnDemand({ most: 1 }).extend(at({ atlas, askTraceroute }));
    expect(third).toMatchObject({ outcome: 'nothingFound', detail: 'no probe is near' });
  });

  it('counts as asked for when it does not arrive', async () => {
    const atlas = atlasWith();
    let asked = 0;
    const askTraceroute: AskTraceroute = async () => {
      asked++;
      return { isMissing: true, detail: 'it did not arrive' };
    };
    const technique = new TracerouteOnDemand({ most: 1 });
    const outcomes = [];
    for (let i = 0; i < 3; i++) outcomes.push((await technique.extend(at({ atlas, askTraceroute }))).outcome);
    expect([outcomes, asked]).toEqual([['nothingFound', 'notApplicable', 'notApplicable'], 1]);
  });
});
