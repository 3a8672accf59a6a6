import {
  asPathOf,
  defaultPlan,
  type EngineCollaborators,
  networksOfHops,
  type ReverseTraceroute,
  ReverseTracerouteEngine,
  type RouterOwners,
} from '@revtr/engine';
import { SimulatedWorld } from '@revtr/lab/simulated-world';
import { simParameters } from '@revtr/sim';
import { beforeAll, describe, expect, it } from 'vitest';
import { ownersFrom } from '../src/evaluate/world/owners.ts';
import { judge } from '../src/judging/judge.ts';
import { truthOf } from '../src/judging/truth.ts';

const PAIRS = 150;

describe('the networks of routers on the medium Internet', () => {
  let world: SimulatedWorld;
  let parts: EngineCollaborators;
  let owners: RouterOwners;
  let results: ReverseTraceroute[];
  beforeAll(async () => {
    world = new SimulatedWorld({ parameters: simParameters('medium', 1, {}, 'published'), sources: 4 });
    const work = async (): Promise<void> => {
      parts = await world.prepare();
      owners = await ownersFrom(parts);
      const engine = new ReverseTracerouteEngine({ plan: defaultPlan }, parts);
      results = [];
      for (const pair of world.randomPairs(PAIRS)) results.push(await engine.measure(pair));
    };
    await world.internet.clock.drive(work());
  }, 120_000);

  it('are right for more addresses of the atlas than their origins are', () => {
    const { truth } = world.internet;
    const hops = new Set(world.sources.flatMap(({ address }) => parts.atlas.of(address)?.hops() ?? []));
    const judged = [...hops].flatMap((address) => {
      const [router, origin, owner] = [
        truth.routerOf(address),
        world.ipToAs.originOf(address),
        owners.ownerOf(address),
      ];
      return router < 0 || origin === undefined || owner === undefined
        ? []
        : [{ network: truth.asOf(router), origin, owner }];
    });
    const wrong = (found: (of: (typeof judged)[number]) => number): number =>
      judged.filter((of) => found(of) !== of.network).length;
    expect(judged.length).toBeGreaterThan(500);
    expect(wrong(({ owner }) => owner.asn)).toBeLessThan(0.75 * wrong(({ origin }) => origin));
    // The margin says how sure an owner is.
    const sure = judged.filter(({ owner }) => owner.margin > 6);
    const wrongSure = sure.filter(({ owner, network }) => owner.asn !== network).length;
    expect(sure.length).toBeGreaterThan(judged.length / 3);
    expect(wrongSure / sure.length).toBeLessThan(0.03);
  });

  it('make more AS paths exact than the origins of addresses do', () => {
    const truth = truthOf(world.internet);
    const { ipToAs, relations } = world;
    const networksOf = (hops: ReverseTraceroute['hops']): number[] =>
      asPathOf(networksOfHops(hops, { ipToAs, relations, owners }));
    const judged = results.map((result) => judge(result, { truth, ipToAs, networksOf }));
    const exact = judged.filter(({ asPathExact }) => asPathExact).length;
    expect(exact).toBeGreaterThan(
      judged.filter(({ asPathExactByOrigins }) => asPathExactByOrigins).length + PAIRS / 20,
    );
  });
});
