import type { ReverseTraceroute } from '@revtr/engine';
import { parseIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import { afterEach, describe, expect, it } from 'vitest';
import { KernelLabError } from '../src/kernel/errors.ts';
import { labPolicy, prepareEngine, trueNodes } from '../src/kernel/kernel-world.ts';
import { nodeOf, parseTopology } from '../src/kernel/topology.ts';
import { canRunKernelLab, startTestLab, type TestLab, type TopologyFile } from './kernel.ts';

const SOURCE = parseIpv4('10.1.0.1');
const DESTINATION = parseIpv4('10.4.0.2');
const WAY_BACK = ['R4', 'R5', 'R6', 'R7', 'R8', 'R1', 'S'];

let running: TestLab | undefined;
afterEach(async () => {
  await running?.down();
  running = undefined;
});

async function start(change?: (file: TopologyFile) => void): Promise<TestLab> {
  running = await startTestLab('k', change);
  return running;
}

const nodesOf = ({ lab }: TestLab, result: ReverseTraceroute): (string | undefined)[] =>
  result.hops.slice(1).map(({ address }) => nodeOf(lab.topology, address));

/** Measures with the real scamper, and checks that the truth is what the scenario says before it is used as a judge. */
async function measure(test: TestLab, useAtlas = true): Promise<ReverseTraceroute> {
  const engine = await prepareEngine(test, { clock: systemClock, targetPolicy: labPolicy(test.lab) });
  return engine.measure({ source: SOURCE, destination: DESTINATION, options: { useAtlas, reuseMaxAgeMs: 0 } });
}

describe.skipIf(!canRunKernelLab())('among Linux routers, with the real scamper', () => {
  it('finds the way back router by router, though the way there is another', async () => {
    const test = await start();
    expect(await trueNodes(test.lab, 'S', DESTINATION)).toEqual(['R1', 'R2', 'R3', 'R4', 'D']);
    expect(await trueNodes(test.lab, 'D', SOURCE)).toEqual(WAY_BACK);
    const result = await measure(test);
    expect(result.stopReason).toBe('reaches');
    expect(nodesOf(test, result)).toEqual(WAY_BACK);
    expect(result.hops.every(({ trust }) => trust === 'measured')).toBe(true);
  });

  it('finds it by spoofed probes alone, when there is no atlas and the destination is out of the source’s reach', async () => {
    const test = await start(({ nodes, links, routes }) => {
      // Six more routers on the way there leave no slot for the way back.
      const chain = ['A1', 'A2', 'A3', 'A4', 'A5', 'A6'];
      links.splice(
        links.findIndex(([a, b]) => a === 'R1' && b === 'R2'),
        1,
      );
      for (const [i, node] of ['R1', ...chain].entries()) links.push([node, chain[i] ?? 'R2', `10.12.${i}.0/30`]);
      for (const [i, node] of chain.entries()) {
        nodes[node] = { role: 'router' };
        routes.push(
          { at: node, to: 'default', via: chain[i + 1] ?? 'R2' },
          { at: node, to: '10.1.0.0/30', via: chain[i - 1] ?? 'R1' },
        );
      }
      for (const route of routes) {
        if (route.at === 'R1' && route.via === 'R2') route.via = 'A1';
        if (route.at === 'R2' && route.via === 'R1') route.via = 'A6';
      }
    });
    expect(await trueNodes(test.lab, 'S', DESTINATION)).toHaveLength(11);
    expect(await trueNodes(test.lab, 'D', SOURCE)).toEqual(WAY_BACK);
    const result = await measure(test, false);
    expect(nodesOf(test, result)).toEqual(WAY_BACK);
    expect(result.hops.some(({ technique }) => technique === 'spoofedRecordRoute')).toBe(true);
  });

  it('misses a router that does not stamp, and shows nothing wrong in its place', async () => {
    const test = await start(({ nodes }) => {
      nodes.R6 = { role: 'router', options: { rr: 'off' } };
    });
    const result = await measure(test, false);
    expect(result.stopReason).toBe('reaches');
    expect(nodesOf(test, result)).toEqual(WAY_BACK.filter((node) => node !== 'R6'));
  });

  it('gets around a router that drops packets with options on the way there', async () => {
    const test = await start(({ nodes }) => {
      nodes.R2 = { role: 'router', options: { rr: 'drop' } };
    });
    const result = await measure(test, false);
    expect(nodesOf(test, result)).toEqual(WAY_BACK);
  });

  it('is not misled by routers that are silent, or stamp another of their addresses', async () => {
    const test = await start(({ nodes }) => {
      nodes.R5 = { role: 'router', options: { ttl: 'silent' } };
      nodes.R7 = { role: 'router', options: { rr: 'ingress' } };
    });
    const result = await measure(test, false);
    expect(nodesOf(test, result)).toEqual(WAY_BACK);
  });

  it('asks another vantage point when the network of the nearest filters spoofed packets', async () => {
    const test = await start();
    await test.lab.exec('R4', 'sysctl', '-q', '-w', 'net.ipv4.conf.toV1l10.rp_filter=1');
    const result = await measure(test, false);
    expect(result.stopReason).toBe('reaches');
    expect(nodesOf(test, result)).toEqual(WAY_BACK);
  });

  it('sees a routing change', async () => {
    const test = await start();
    const { lab } = test;
    expect(nodesOf(test, await measure(test, false))).toEqual(WAY_BACK);
    const via = lab.topology.interfaces.find(({ node, neighbour }) => node === 'R4' && neighbour === 'R3');
    if (via === undefined) throw new Error('no link');
    await lab.setRoute({ at: 'R4', to: { address: 0, length: 0 }, via });
    const truth = await trueNodes(lab, 'D', SOURCE);
    expect(truth).toEqual(['R4', 'R3', 'R2', 'R1', 'S']);
    expect(nodesOf(test, await measure(test, false))).toEqual(truth);
  });

  it('goes on after scamper was killed in the middle: nothing lost, nothing twice', async () => {
    const test = await start();
    const driver = test.scampers.drivers.get(SOURCE);
    if (driver === undefined) throw new Error('no scamper');
    const results = Array.from({ length: 300 }, () => driver.run('ping -c 1 -o 1 10.4.0.2').result);
    const first = driver.pid;
    await results[50];
    process.kill(first ?? 0, 'SIGKILL');
    const records = await Promise.all(results);
    expect(new Set(records.map((record) => (record.type === 'ping' ? record.userId : undefined))).size).toBe(300);
    expect(driver.pid).not.toBe(first);
  });
});

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
      expect((error as KernelLabError).at).toBe(place);
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
