import { ICMP } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import type { SimulatedInternet } from '../src/index.ts';
import { build, echo, exchange } from './exchange.ts';

/** The routers that a traceroute from the first source shows, in order. */
async function traced(internet: SimulatedInternet, target: number): Promise<number[]> {
  const [{ address: source }] = internet.places.sources;
  const routers: number[] = [];
  for (let ttl = 1; ttl <= 30; ttl++) {
    const [answer] = await exchange(internet, echo(source, target, ttl), source);
    if (answer === undefined || answer.type === ICMP.echoReply) break;
    routers.push(internet.truth.routerOf(answer.source));
  }
  return routers;
}

describe('rerouting tunnels', () => {
  it('lead packets another way, which the ground truth knows, hide its inner routers, and end at the tail', async () => {
    const plain = build();
    const internet = build({ reroutingTunnels: 1 });
    const { truth, clock, places } = internet;
    const [{ address: source }] = places.sources;
    let moved = 0;
    let hidden = 0;
    for (const target of places.hitlist.slice(0, 60)) {
      const path = truth.path(source, target, clock.now());
      const usual = plain.truth.path(source, target, clock.now());
      expect(path.reached).toBe(true);
      expect(path.asPath).toEqual(usual.asPath);
      expect(truth.possibleRouters(source, target, clock.now())).toEqual(new Set(path.routers));
      const shown = await traced(internet, target);
      // The trace is the path with the inner routers of tunnels left out.
      expect(path.routers.filter((router) => shown.includes(router))).toEqual(shown);
      if (path.routers.join() !== usual.routers.join()) moved++;
      if (shown.length < path.routers.length) hidden++;
    }
    expect(moved).toBeGreaterThan(5);
    expect(hidden).toBeGreaterThan(5);
  });

  it('make a router forward packets for one destination differently, inside the tunnel and beside it', () => {
    const internet = build({ reroutingTunnels: 1 });
    const { truth, clock, places, topology } = internet;
    const nextHops = new Map<string, Set<number>>();
    for (const source of [...places.hitlist, ...topology.routers.loopback]) {
      for (const { address: target } of places.sources) {
        const { routers } = truth.path(source, target, clock.now());
        routers.slice(1).forEach((next, i) => {
          const key = `${routers[i]} ${target}`;
          nextHops.set(key, (nextHops.get(key) ?? new Set()).add(next));
        });
      }
    }
    expect([...nextHops.values()].some((next) => next.size > 1)).toBe(true);
  });
});
