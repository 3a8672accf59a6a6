import { AliasSets, Atlas, PrefixOrigins, PUBLIC_MAX_AGE_MS } from '@revtr/engine';
import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import { beforeEach, describe, expect, it } from 'vitest';
import { addPublicTraceroutes, type PublishedTraceroute } from '../src/atlas/public-traceroutes.ts';

const NOW = 100 * 86_400_000;
const HOUR = 3_600_000;
const SOURCE = parseIpv4('5.0.0.200');
const addresses = (...texts: string[]): Ipv4Address[] => texts.map(parseIpv4);
const [ORIGIN, ROUTER, GATEWAY, TARGET] = addresses('6.0.0.7', '7.0.0.1', '7.0.0.9', '5.0.0.10');
const published = (changes: Partial<PublishedTraceroute> = {}): PublishedTraceroute => ({
  origin: ORIGIN,
  target: TARGET,
  at: NOW - HOUR,
  hops: [ROUTER, undefined, GATEWAY, TARGET],
  ...changes,
});

describe('published traceroutes', () => {
  let atlas: Atlas;
  beforeEach(() => {
    atlas = new Atlas({ aliases: new AliasSets(), ipToAs: new PrefixOrigins([]) });
  });
  const add = (...traceroutes: PublishedTraceroute[]) =>
    addPublicTraceroutes(traceroutes, {
      atlas,
      clock: { now: () => NOW, sleep: async () => undefined },
      sources: () => [SOURCE],
    });
  const own = (gateway: Ipv4Address): void => {
    const origin = parseIpv4('6.0.0.99');
    atlas.add({ platform: 'vantagePoint', origin, source: SOURCE, at: NOW, hops: [origin, gateway, SOURCE] });
  };

  it('become paths to the source in the /24 of their target, of a kind and with the age that they have', () => {
    expect(add(published())).toMatchObject({ added: 1 });
    expect(atlas.traceroutesTo(SOURCE)).toMatchObject([
      { platform: 'publicTraceroute', at: NOW - HOUR, hops: [ORIGIN, ROUTER, undefined, GATEWAY, SOURCE] },
    ]);
    expect(add(published({ target: parseIpv4('5.0.1.10'), hops: addresses('7.0.0.1', '5.0.1.10') }))).toMatchObject({
      added: 0,
      unusable: 1,
    });
  });

  it('replace older ones of the same origin, and change nothing when they are imported again', () => {
    add(published({ at: NOW - 3 * HOUR }));
    expect(add(published(), published())).toMatchObject({ added: 1, known: 1 });
    expect(add(published({ at: NOW - 2 * HOUR }))).toMatchObject({ added: 0, known: 1 });
    expect(atlas.traceroutesTo(SOURCE).map(({ at }) => at)).toEqual([NOW - HOUR]);
  });

  it('count only through a gateway of the source, where that is known', () => {
    own(parseIpv4('7.0.0.77'));
    expect(add(published())).toMatchObject({ added: 0, otherGateway: 1 });
    own(GATEWAY);
    expect(add(published())).toMatchObject({ added: 1, otherGateway: 0 });
  });

  it('are refused when they are too old, of the future, or no path', () => {
    expect(
      add(
        published({ at: NOW - PUBLIC_MAX_AGE_MS - 1 }),
        published({ at: NOW + 2 * HOUR }),
        published({ hops: [ROUTER, GATEWAY] }),
        published({ hops: [ROUTER, GATEWAY, ROUTER, TARGET] }),
        published({ origin: SOURCE }),
      ),
    ).toEqual({ added: 0, known: 0, untimely: 2, otherGateway: 0, unusable: 3 });
  });

  it('lead to no measured hop, and count for a week whatever age a request wants', () => {
    const at = NOW - 6 * 24 * HOUR;
    add(published({ at }));
    const query = { source: SOURCE, address: ROUTER, now: NOW, oldest: NOW - 24 * HOUR, useRecordRoute: true };
    expect(atlas.intersect(query)?.traceroute).toMatchObject({ platform: 'publicTraceroute' });
    expect(atlas.intersect({ ...query, now: NOW + 2 * 24 * HOUR })).toBeUndefined();
  });

  it('give way to paths of this system that are a little older', () => {
    const mine = {
      platform: 'vantagePoint',
      origin: ORIGIN,
      source: SOURCE,
      hops: [ORIGIN, ROUTER, undefined, GATEWAY, SOURCE],
    } as const;
    atlas.add({ ...mine, at: NOW - 10 * HOUR });
    add(published());
    const query = { source: SOURCE, address: ROUTER, now: NOW, oldest: 0, useRecordRoute: true };
    expect(atlas.intersect(query)?.traceroute.platform).toBe('vantagePoint');
  });
});
