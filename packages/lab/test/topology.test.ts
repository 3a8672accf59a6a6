import { describe, expect, it } from 'vitest';
import { parseTopology } from '../src/kernel/topology/parse.ts';
import { KernelLabError } from '../src/namespaces/errors.ts';

describe('topology files', () => {
  const valid = {
    nodes: { A: { role: 'router' }, B: { role: 'source' } },
    links: [['A', 'B', '10.0.0.0/30']],
    routes: [],
  };

  it.each([
    ['an unknown role', { ...valid, nodes: { A: { role: 'king' } } }, 'nodes.A.role'],
    ['a link to nowhere', { ...valid, links: [['A', 'C', '10.0.0.0/30']] }, 'links.0'],
    ['a link to itself', { ...valid, links: [['A', 'A', '10.0.0.0/30']] }, 'links.0'],
    ['a prefix that is none', { ...valid, links: [['A', 'B', '10.0.0.1/30']] }, 'links.0'],
    ['a prefix without room', { ...valid, links: [['A', 'B', '10.0.0.1/32']] }, 'links.0'],
    ['a route over no link', { ...valid, routes: [{ at: 'A', to: 'default', via: 'Z' }] }, 'routes.0'],
    ['a bad origin', { ...valid, as: { nonsense: 1 } }, 'as.nonsense'],
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
