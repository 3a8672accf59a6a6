import { buildEchoRequest, ICMP, type Ipv4Address } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import type { SimulatedInternet } from '../src/index.ts';
import { build, exchange, RECORD_ROUTE } from './exchange.ts';

const STAMPS = { stampEgress: 1, stampIngress: 0, stampLoopback: 0, stampPrivate: 0 };

/** Routers that packets of several flows expire at, `ttl` hops from the first source on the way to `destination`. */
async function routersAt(
  internet: SimulatedInternet,
  destination: Ipv4Address,
  ttl: number,
  withOption: boolean,
): Promise<Set<number>> {
  const [{ address: source }] = internet.places.sources;
  const routers = new Set<number>();
  for (let flow = 0; flow < 16; flow++) {
    const probe = buildEchoRequest({
      source,
      destination,
      ttl,
      identifier: 100 + flow,
      sequence: 1,
      payload: new Uint8Array(4),
      ...(withOption && { option: RECORD_ROUTE }),
    });
    const [error] = await exchange(internet, probe, source);
    if (error?.type === ICMP.timeExceeded) routers.add(internet.truth.routerOf(error.source));
  }
  return routers;
}

/** Places where the way of packets without options depends on their flow, at most `most` of them. */
async function balancedPlaces(internet: SimulatedInternet, most: number) {
  const found: { readonly target: Ipv4Address; readonly ttl: number }[] = [];
  for (const target of internet.places.hitlist) {
    for (let ttl = 2; ttl <= 6; ttl++) {
      if ((await routersAt(internet, target, ttl, false)).size > 1) found.push({ target, ttl });
      if (found.length === most) return found;
    }
  }
  return found;
}

describe('load balancers', () => {
  it('that treat options by address send packets with options one way, whatever their flow', async () => {
    const internet = build({ ...STAMPS, perFlowBalancing: 1, balancesOptionsByAddress: 1 });
    const places = await balancedPlaces(internet, 4);
    expect(places.length).toBeGreaterThan(0);
    for (const { target, ttl } of places) expect((await routersAt(internet, target, ttl, true)).size).toBe(1);
  });

  it('treat packets with options by flow otherwise', async () => {
    const internet = build({ ...STAMPS, perFlowBalancing: 1 });
    const sizes = [];
    for (const { target, ttl } of await balancedPlaces(internet, 4)) {
      sizes.push((await routersAt(internet, target, ttl, true)).size);
    }
    expect(Math.max(...sizes)).toBeGreaterThan(1);
  });

  it('that use addresses alone follow the one path that the ground truth names', async () => {
    const internet = build({ ...STAMPS, perAddressBalancing: 1 });
    const { truth, places, clock } = internet;
    const [{ address: source }] = places.sources;
    let hasAlternative = 0;
    const flows = build({ ...STAMPS, perFlowBalancing: 1 }).truth;
    for (const target of places.hitlist.slice(0, 30)) {
      const { routers } = truth.path(source, target, clock.now());
      expect(truth.path(source, target, clock.now(), 5).routers).toEqual(routers);
      expect(truth.possibleRouters(source, target, clock.now())).toEqual(new Set(routers));
      for (const [i, router] of routers.entries()) {
        expect(await routersAt(internet, target, i + 1, false)).toEqual(new Set([router]));
      }
      if (flows.possibleRouters(source, target, clock.now()).size > routers.length) hasAlternative++;
    }
    expect(hasAlternative).toBeGreaterThan(0);
  });
});
