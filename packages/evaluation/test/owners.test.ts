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
  });

  it('are right for more addresses of the atlas than their origins are, on several Internets together', async () => {
    const judged = judgedOf(world, parts, owners);
    for (const seed of [2, 3, 4]) {
      const other = new SimulatedWorld({ parameters: simParameters('medium', seed, {}, 'published'), sources: 4 });
      await other.internet.clock.drive(
        other.prepare().then(async (prepared) => {
          judged.push(...judgedOf(other, prepared, await ownersFrom(prepared)));
        }),
      );
    }
    const wrong = (found: (of: JudgedAddress) => number): number =>
      judged.filter((of) => found(of) !== of.network).length;
    expect(judged.length).toBeGreaterThan(2_000);
    expect(wrong(({ owner }) => owner.asn)).toBeLessThan(0.95 * wrong(({ origin }) => origin));
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

/** An address of the atlas, with its true network. */
interface JudgedAddress {
  readonly network: number;
  readonly origin: number;
  readonly owner: { readonly asn: number; readonly margin: number };
}

function judgedOf(world: SimulatedWorld, { atlas }: EngineCollaborators, owners: RouterOwners): JudgedAddress[] {
  const { truth } = world.internet;
  const hops = new Set(world.sources.flatMap(({ address }) => atlas.of(address)?.hops() ?? []));
  return [...hops].flatMap((address) => {
    const router = truth.routerOf(address);
    const [origin, owner] = [world.ipToAs.originOf(address), owners.ownerOf(address)];
    if (router < 0 || origin === undefined || owner === undefined) return [];
    return [{ network: truth.asOf(router), origin, owner }];
  });
}
