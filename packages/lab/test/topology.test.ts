import { formatPrefix, parseIpv4 } from '@revtr/net';
import { describe, expect, it } from 'vitest';
import { possibleNodes } from '../src/kernel/judging/possible-paths.ts';
import { randomTopology } from '../src/kernel/random/random-topology.ts';
import { nodesOf, targetOf } from '../src/kernel/topology/addresses.ts';
import type { TopologyFile } from '../src/kernel/topology/file-schema.ts';
import { parseTopology } from '../src/kernel/topology/parse.ts';
import type { KernelTopology } from '../src/kernel/topology/topology.ts';
import { KernelLabError } from '../src/namespaces/errors.ts';

const valid = {
  nodes: { A: { role: 'router' }, B: { role: 'source' } },
  links: [['A', 'B', '10.0.0.0/30']],
  routes: [],
};

describe('topology files', () => {
  it.each([
    ['an unknown role', { ...valid, nodes: { A: { role: 'king' } } }, 'nodes.A.role'],
    ['a link to nowhere', { ...valid, links: [['A', 'C', '10.0.0.0/30']] }, 'links.0'],
    ['a link to itself', { ...valid, links: [['A', 'A', '10.0.0.0/30']] }, 'links.0'],
    ['a link without a prefix', { ...valid, links: [['A', 'B']] }, 'links.0'],
    [
      'a link of no cost',
      { ...valid, links: [{ between: ['A', 'B'], prefix: '10.0.0.0/30', costs: [0, 1] }] },
      'links.0.costs.0',
    ],
    ['a prefix that is none', { ...valid, links: [['A', 'B', '10.0.0.1/30']] }, 'links.0'],
    ['a prefix without room', { ...valid, links: [['A', 'B', '10.0.0.1/32']] }, 'links.0'],
    ['a route over no link', { ...valid, routes: [{ at: 'A', to: 'default', via: 'Z' }] }, 'routes.0'],
    ['a bad origin', { ...valid, as: { nonsense: 1 } }, 'as.nonsense'],
    [
      'a bad stamp',
      { ...valid, nodes: { ...valid.nodes, A: { role: 'router', options: { stamp: 'x' } } } },
      'nodes.A.options.stamp',
    ],
    [
      'an unknown way of balancing',
      { ...valid, nodes: { ...valid.nodes, A: { role: 'router', options: { balance: 'x' } } } },
      'nodes.A.options.balance',
    ],
    ['a policy of nobody', { ...valid, policies: [{ at: 'Z', do: 'drop' }] }, 'policies.0.at'],
    ['a policy that does nothing', { ...valid, policies: [{ at: 'A', do: {} }] }, 'policies.0.do'],
    ['a policy over no link', { ...valid, policies: [{ at: 'A', do: { via: 'Z' } }] }, 'policies.0.do'],
    ['a policy for no prefix', { ...valid, policies: [{ at: 'A', to: 'Z', do: 'drop' }] }, 'policies.0.to'],
    ['a translation of nothing', { ...valid, nat: [{ at: 'A', inside: 'Z', outside: '25.0.0.1' }] }, 'nat.0.inside'],
    [
      'a tunnel to nowhere',
      { ...valid, tunnels: [{ kind: 'vxlan', between: ['A', 'Z'], prefix: '10.1.0.0/30' }] },
      'tunnels.0',
    ],
    [
      'an unknown tunnel',
      { ...valid, tunnels: [{ kind: 'carpet', between: ['A', 'B'], prefix: '10.1.0.0/30' }] },
      'tunnels.0.kind',
    ],
    ['anycast at nobody', { ...valid, anycast: [{ address: '25.0.0.1', at: ['A', 'Z'] }] }, 'anycast.0.at'],
    ['aliases of nobody', { ...valid, aliases: ['Z'] }, 'aliases.0'],
    [
      'a change of no link',
      { ...valid, changes: [{ at: 1, costs: [{ between: ['A', 'Z'], costs: [1, 1] }] }] },
      'changes.0.costs.0',
    ],
    [
      'a changed route over no link',
      { ...valid, changes: [{ at: 1, routes: [{ at: 'A', to: 'default', via: 'Z' }] }] },
      'changes.0',
    ],
    ['an unknown field', { ...valid, extra: 1 }, ''],
  ])('with %s are refused, with the place', (_, file, place) => {
    try {
      parseTopology(file);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(KernelLabError);
      expect(error).toMatchObject({ code: 'badTopology', details: { place } });
    }
  });

  it('give the first address of a link to its first node', () => {
    const { interfaces } = parseTopology(valid);
    expect(interfaces.map(({ node, address }) => [node, address & 3])).toEqual([
      ['A', 1],
      ['B', 2],
    ]);
  });
});

/** S and D at the ends of two parallel routers L and R; the way over L is cheaper towards D. */
const diamond: TopologyFile = {
  nodes: {
    S: { role: 'source' },
    A: { role: 'router' },
    L: { role: 'router' },
    R: { role: 'router' },
    B: { role: 'router' },
    D: { role: 'destination' },
  },
  links: [
    ['S', 'A', '25.0.0.0/30'],
    { between: ['A', 'L'], prefix: '25.0.1.0/30', costs: [1, 3] },
    { between: ['A', 'R'], prefix: '25.0.2.0/30', costs: [3, 1] },
    ['L', 'B', '25.0.3.0/30'],
    ['R', 'B', '25.0.4.0/30'],
    ['B', 'D', '25.0.5.0/30'],
  ],
  routing: 'shortest',
};
const SOURCE = parseIpv4('25.0.0.1');
const DESTINATION = parseIpv4('25.0.5.2');
const path = (topology: KernelTopology, from: string, to: number): string =>
  [...possibleNodes(topology, from, to)].join(' ');
const balanced = (): TopologyFile => ({
  ...diamond,
  nodes: { ...diamond.nodes, B: { role: 'router', options: { balance: 'addresses' } } },
  links: diamond.links.map((link, i) => (i === 1 ? ['A', 'L', '25.0.1.0/30'] : link)),
});

describe('routing along shortest paths', () => {
  it('follows the costs of each direction', () => {
    const topology = parseTopology(diamond);
    expect(path(topology, 'S', DESTINATION)).toBe('S A L B D');
    expect(path(topology, 'D', SOURCE)).toBe('D B R A S');
  });

  it('uses all cheapest neighbours only at nodes that balance load', () => {
    expect(path(parseTopology(balanced()), 'D', SOURCE).split(' ').sort().join(' ')).toBe('A B D L R S');
    const alone = parseTopology({ ...balanced(), nodes: diamond.nodes });
    expect(path(alone, 'D', SOURCE)).toBe('D B L A S');
  });

  it('yields to routes of the file', () => {
    const routes = [{ at: 'B', to: '25.0.0.0/30', via: 'L' }];
    expect(path(parseTopology({ ...diamond, routes }), 'D', SOURCE)).toBe('D B L A S');
  });

  it('leads anycast to the nearest node', () => {
    const topology = parseTopology({ ...diamond, anycast: [{ address: '25.9.0.1', at: ['D', 'A'] }] });
    expect(path(topology, 'S', parseIpv4('25.9.0.1'))).toBe('S A');
    expect(path(topology, 'B', parseIpv4('25.9.0.1'))).toBe('B D');
    expect(nodesOf(topology, parseIpv4('25.9.0.1'))).toEqual(['A', 'D']);
  });

  it('hides the inside of translators, whose prefixes may repeat', () => {
    const topology = parseTopology({
      ...diamond,
      nodes: { ...diamond.nodes, N: { role: 'destination' }, M: { role: 'destination' } },
      links: [...diamond.links, ['N', 'L', '192.168.0.0/30'], ['M', 'R', '192.168.0.0/30']],
      nat: [
        { at: 'L', inside: 'N', outside: '25.7.0.1' },
        { at: 'R', inside: 'M', outside: '25.8.0.1' },
      ],
    });
    expect(topology.routes.filter(({ to }) => formatPrefix(to).startsWith('192.168.'))).toEqual([]);
    expect(targetOf(topology, 'N')).toBe(parseIpv4('25.7.0.1'));
    expect(targetOf(topology, 'M')).toBe(parseIpv4('25.8.0.1'));
    expect(path(topology, 'B', parseIpv4('25.8.0.1'))).toBe('B R');
    expect(path(topology, 'M', SOURCE)).toBe('M R A S');
  });

  it('leads over a tunnel, whose ends are reached without it', () => {
    const topology = parseTopology({
      ...diamond,
      tunnels: [{ kind: 'vxlan', between: ['B', 'A'], prefix: '25.6.0.0/30' }],
    });
    expect(path(topology, 'D', SOURCE)).toBe('D B A S');
    // The first address of A, at which the tunnel ends.
    expect(path(topology, 'B', parseIpv4('25.0.0.2'))).toBe('B R A');
  });
});

describe('possible paths', () => {
  it('follow policies for packets without options alone', () => {
    const policy = { at: 'B', to: '25.0.0.0/30', do: { via: 'L' } };
    expect(path(parseTopology({ ...diamond, policies: [policy] }), 'D', SOURCE)).toBe('D B L A S');
    expect(path(parseTopology({ ...diamond, policies: [{ ...policy, options: true }] }), 'D', SOURCE)).toBe(
      'D B R A S',
    );
  });

  it('depend on the source address where a policy does', () => {
    const topology = parseTopology({
      ...diamond,
      policies: [{ at: 'B', from: '25.0.5.0/30', do: { via: 'L' } }],
    });
    expect(path(topology, 'D', SOURCE)).toBe('D B L A S');
    expect(path(topology, 'B', SOURCE)).toBe('B R A S');
  });
});

describe('changes', () => {
  it('build on each other in order of time', () => {
    const { changes } = parseTopology({
      ...diamond,
      changes: [
        { at: 20, policies: [{ at: 'B', do: { via: 'R' } }] },
        {
          at: 10,
          costs: [
            { between: ['A', 'L'], costs: [1, 1] },
            { between: ['A', 'R'], costs: [3, 3] },
          ],
        },
      ],
    });
    expect(changes.map(({ atSeconds }) => atSeconds)).toEqual([10, 20]);
    expect(changes.map(({ topology }) => path(topology, 'D', SOURCE))).toEqual(['D B L A S', 'D B R A S']);
  });
});

describe('random topologies', () => {
  it('are valid, repeatable, and lead from every destination to the source', () => {
    for (let seed = 0; seed < 50; seed++) {
      expect(randomTopology(seed)).toEqual(randomTopology(seed));
      const topology = parseTopology(randomTopology(seed));
      const routers = [...topology.nodes.values()].filter(({ role }) => role === 'router');
      expect(routers.length).toBeGreaterThanOrEqual(10);
      expect(routers.length).toBeLessThanOrEqual(20);
      for (const { topology: state } of [{ topology }, ...topology.changes])
        for (const [node, { role }] of state.nodes)
          if (role === 'destination') expect(possibleNodes(state, node, targetOf(state, 'S'))).toContain('S');
    }
  });
});
