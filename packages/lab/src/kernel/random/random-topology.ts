import { createRandom, type Random } from '@revtr/probing';
import type { TopologyFile } from '../topology/file-schema.ts';

/** Fewest and most routers of a random topology. */
const FEWEST_ROUTERS = 10;
const MOST_ROUTERS = 20;
const VANTAGE_POINTS = 3;
const DESTINATIONS = 6;
const HIGHEST_COST = 4;
/** Address that several routers stamp. */
const SHARED_STAMP = '10.99.0.1';

interface Host {
  readonly name: string;
  readonly role: 'source' | 'vp' | 'destination';
}
type Links = { between: [string, string]; prefix: string; costs: [number, number] }[];

/**
 * A topology of 10 to 20 routers with routes along shortest paths whose costs differ by direction, and with up to three tricks: shared
 * stamps, load balancing, policies, routers that do not stamp or answer, a tunnel, a routing change, and incomplete aliases.
 */
export function randomTopology(seed: number): TopologyFile {
  const random = createRandom(seed);
  const routers = Array.from(
    { length: FEWEST_ROUTERS + random.below(MOST_ROUTERS - FEWEST_ROUTERS + 1) },
    (_, i) => `R${i}`,
  );
  const hosts: readonly Host[] = [
    { name: 'S', role: 'source' },
    ...Array.from({ length: VANTAGE_POINTS }, (_, i): Host => ({ name: `V${i}`, role: 'vp' })),
    ...Array.from({ length: DESTINATIONS }, (_, i): Host => ({ name: `D${i}`, role: 'destination' })),
  ];
  const links = routerLinks(routers, random);
  for (const [i, { name }] of hosts.entries())
    links.push({
      between: [name, i === 0 ? routers[0] : random.pick(routers)],
      prefix: `25.0.${i}.0/30`,
      costs: [1, 1],
    });
  const file: TopologyFile = {
    nodes: Object.fromEntries([
      ...routers.map((router) => [router, { role: 'router' }]),
      ...hosts.map(({ name, role }) => [name, { role }]),
    ]),
    links,
    routing: 'shortest',
    as: asNumbers(routers.length),
    aliases: random.shuffle(routers).slice(0, random.below(routers.length + 1)),
  };
  const tricks = random.shuffle(TRICKS).slice(0, random.below(4));
  return tricks.reduce((current, trick) => trick(current, { routers, links, random }), file);
}

/** A random tree, and half as many links again, each in the network of its first router. */
function routerLinks(routers: readonly string[], random: Random): Links {
  const cost = (): number => 1 + random.below(HIGHEST_COST);
  const links: Links = [];
  const add = (a: number, b: number): void => {
    const isLinked = links.some(({ between }) => between.includes(`R${a}`) && between.includes(`R${b}`));
    if (a === b || isLinked) return;
    const prefix = `25.${1 + Math.min(a, b)}.${Math.max(a, b)}.0/30`;
    links.push({ between: [`R${a}`, `R${b}`], prefix, costs: [cost(), cost()] });
  };
  for (let i = 1; i < routers.length; i++) add(i, random.below(i));
  for (let i = 0; i < routers.length / 2; i++) add(random.below(routers.length), random.below(routers.length));
  return links;
}

/** Three routers form a network; the hosts are in another one. */
const asNumbers = (routers: number): Record<string, number> =>
  Object.fromEntries([
    ['25.0.0.0/16', 64_500],
    ...Array.from({ length: routers }, (_, i) => [`25.${i + 1}.0.0/16`, 64_501 + Math.floor(i / 3)]),
  ]);

interface Parts {
  readonly routers: readonly string[];
  readonly links: Links;
  readonly random: Random;
}
type Trick = (file: TopologyFile, parts: Parts) => TopologyFile;

/** Gives options to some routers. */
function withOptions(
  file: TopologyFile,
  chosen: readonly string[],
  options: NonNullable<TopologyFile['nodes'][string]['options']>,
): TopologyFile {
  const changed = chosen.map((name) => {
    const node = file.nodes[name];
    return [name, { ...node, options: { ...node.options, ...options } }];
  });
  return { ...file, nodes: { ...file.nodes, ...Object.fromEntries(changed) } };
}

const some = ({ routers, random }: Parts, count: number): string[] => random.shuffle(routers.slice(1)).slice(0, count);

const TRICKS: readonly Trick[] = [
  (file, parts) => withOptions(file, some(parts, 5), { stamp: SHARED_STAMP }),
  (file, parts) => withOptions(file, parts.routers, { balance: parts.random.pick(['addresses', 'icmp', 'packet']) }),
  (file, parts) => withOptions(file, some(parts, 2), { rr: 'off' }),
  (file, parts) => withOptions(file, some(parts, 2), { ttl: 'silent' }),
  (file, parts) => withOptions(file, some(parts, 2), { rr: 'loopback' }),
  (file, parts) => ({
    ...file,
    changes: [
      ...(file.changes ?? []),
      // From the start on, it would fail the tests of the source.
      { at: 0, policies: some(parts, 2).map((at) => ({ at, options: true, do: { limit: 3 } })) },
    ],
  }),
  (file, { links, random }) => ({
    ...file,
    changes: [
      ...(file.changes ?? []),
      {
        at: 30,
        costs: random
          .shuffle(links)
          .slice(0, 4)
          .map(({ between }) => ({ between, costs: [9, 9] })),
      },
    ],
  }),
];
