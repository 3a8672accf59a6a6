import { formatIpv4, parseIpv4 } from '@revtr/net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { truePath } from '../src/kernel/judging/judge.ts';
import { traceroute } from '../src/kernel/judging/truth.ts';
import { KernelLab } from '../src/kernel/network/kernel-lab.ts';
import { nodeOf } from '../src/kernel/topology/addresses.ts';
import type { TopologyFile } from '../src/kernel/topology/file-schema.ts';
import { parseTopology } from '../src/kernel/topology/parse.ts';
import { KernelLabError } from '../src/namespaces/errors.ts';
import { canRunKernelLab, nextPrefix } from './kernel.ts';

/**
 * S - A - (L | R | T1 - T2) - B - D: B balances load over L and R by the contents of ICMP messages; a tunnel leads from B to A over T1 and T2.
 * Behind B are the translator G with N inside, and E, which both B and D have as an anycast address.
 */
const file: TopologyFile = {
  nodes: {
    S: { role: 'source' },
    A: { role: 'router', options: { stamp: '10.99.0.1' } },
    L: { role: 'router', options: { stamp: '10.99.0.1' } },
    R: { role: 'router' },
    T1: { role: 'router' },
    T2: { role: 'router' },
    B: { role: 'router', options: { balance: 'icmp' } },
    G: { role: 'router' },
    D: { role: 'destination' },
    E: { role: 'destination' },
    N: { role: 'destination' },
  },
  links: [
    ['S', 'A', '25.0.0.0/30'],
    ['A', 'L', '25.0.1.0/30'],
    ['A', 'R', '25.0.2.0/30'],
    ['L', 'B', '25.0.3.0/30'],
    ['R', 'B', '25.0.4.0/30'],
    ['B', 'D', '25.0.5.0/30'],
    ['B', 'G', '25.0.6.0/30'],
    ['G', 'N', '192.168.0.0/30'],
    { between: ['A', 'T1'], prefix: '25.0.7.0/30', costs: [9, 9] },
    { between: ['T1', 'T2'], prefix: '25.0.8.0/30' },
    { between: ['T2', 'B'], prefix: '25.0.9.0/30', costs: [9, 9] },
    { between: ['E', 'B'], prefix: '25.0.10.0/30', loss: 0.5, mtu: 1_400 },
  ],
  routing: 'shortest',
  nat: [{ at: 'G', inside: 'N', outside: '25.1.0.1' }],
  anycast: [{ address: '25.2.0.1', at: ['L', 'D'] }],
  tunnels: [{ kind: 'vxlan', between: ['A', 'B'], prefix: '25.0.11.0/30', costs: [50, 50] }],
  changes: [
    {
      at: 10,
      policies: [
        { at: 'B', options: true, from: '25.0.5.0/30', to: '25.0.0.0/30', do: { via: 'R' } },
        { at: 'B', from: '25.0.6.0/30', to: '25.0.0.0/30', do: { via: 'A' } },
        { at: 'R', options: true, do: { limit: 3 } },
      ],
    },
    { at: 20, policies: [{ at: 'A', options: true, do: 'drop' }] },
    { at: 30, policies: [{ at: 'A', do: { lose: 0.5 } }], routes: [{ at: 'B', to: '25.0.0.0/30', via: 'L' }] },
  ],
};
const SOURCE = parseIpv4('25.0.0.1');
const at = (text: string): number => parseIpv4(text);

describe.skipIf(!canRunKernelLab())('networks of Linux routers that topology files describe', () => {
  const topology = parseTopology(file);
  let lab: KernelLab;
  beforeAll(async () => {
    lab = await KernelLab.up(topology, { prefix: nextPrefix() });
  });
  afterAll(() => lab?.down());

  const nodesTo = async (from: string, to: number): Promise<string> =>
    (await traceroute(lab, from, to)).map((address) => nodeOf(topology, address) ?? formatIpv4(address)).join(' ');
  /** Addresses that routers stamp on the way from S to `to` and back, for each answer. */
  const stamps = async (to: string, count = 1): Promise<string[][]> => {
    const text = await lab.exec('S', 'scamper', '-p', '1000', '-I', `ping -R -c ${count} -i 0.01 -W 1 ${to}`);
    return text
      .split(/bytes from/)
      .slice(1)
      .map((answer) => [...answer.matchAll(/^ (?:RR:| {3}) (\d+\.\d+\.\d+\.\d+)$/gm)].map(([, address]) => address));
  };
  const answered = async (from: string, to: string, count: number): Promise<number> =>
    Number(
      /(\d+) packets received/.exec(
        await lab.exec(from, 'scamper', '-p', '1000', '-I', `ping -c ${count} -i 0.01 -W 1 ${to}`),
      )?.[1],
    );

  it('stamp a shared address, and answer traceroutes with their own', async () => {
    const [seen] = await stamps('25.0.3.1');
    expect(seen.filter((address) => address === '10.99.0.1').length).toBeGreaterThanOrEqual(2);
    expect(await nodesTo('S', at('25.0.3.1'))).toBe('A L');
  });

  it('keep packets of one flow together, and distribute flows', async () => {
    const paths = await Promise.all(Array.from({ length: 12 }, () => nodesTo('D', SOURCE)));
    expect(new Set(paths)).toEqual(new Set(['B L A S', 'B R A S']));
  });

  it('translate addresses, but not those in options', async () => {
    const [seen] = await stamps('25.1.0.1');
    expect(seen).toContain('192.168.0.2');
    expect(await nodesTo('N', SOURCE)).toMatch(/^G B [LR] A S$/);
    const { answered: routers, possible } = await truePath(lab, '25.1.0.1', '25.0.0.1');
    expect(routers.join(' ')).toMatch(/^G B [LR] A S$/);
    expect([...possible].sort().join(' ')).toBe('A B G L N R S');
  });

  it('lead anycast to the nearest node', async () => {
    expect(await nodesTo('S', at('25.2.0.1'))).toBe('A L');
  });

  it('lose a share of the packets', async () => {
    // Each packet and each answer is lost with probability one half: 8 of 30 arrive, with a standard deviation of 2.4.
    const arrived = await answered('S', '25.0.10.1', 30);
    expect(arrived).toBeGreaterThan(0);
    expect(arrived).toBeLessThan(20);
  });

  it('treat packets by options and source after a change: another route, a tunnel that hides routers, a limit', async () => {
    await lab.change(topology.changes[0].topology);
    const [way] = await stamps('25.0.5.2');
    expect(way.slice(way.indexOf('25.0.5.2'))).toContain('25.0.2.2');
    const flows = await Promise.all(Array.from({ length: 12 }, () => nodesTo('D', SOURCE)));
    expect(new Set(flows)).toEqual(new Set(['B L A S', 'B R A S']));
    expect(await nodesTo('G', SOURCE)).toBe('B A S');
    expect((await stamps('25.0.5.2', 20)).length).toBeLessThan(20);
  });

  it('drop packets with options after another change', async () => {
    await lab.change(topology.changes[1].topology);
    expect(await stamps('25.0.5.2')).toEqual([]);
    expect(await answered('S', '25.0.5.2', 3)).toBe(3);
  });

  it('follow routes that a change sets, and lose the share that a policy says', async () => {
    await lab.change(topology.changes[2].topology);
    const arrived = await answered('S', '25.0.5.2', 30);
    expect(arrived).toBeGreaterThan(0);
    expect(arrived).toBeLessThan(20);
    expect(lab.topology.routes.filter(({ at: node, to }) => node === 'B' && to.address === SOURCE - 1)).toHaveLength(1);
  });
});

describe.skipIf(!canRunKernelLab())('features that a kernel may lack', () => {
  const plain: TopologyFile = {
    nodes: { S: { role: 'source' }, D: { role: 'destination' } },
    links: [['S', 'D', '25.0.0.0/30']],
    routing: 'shortest',
  };

  it.each([
    ['delayMs', { ...plain, links: [{ between: ['S', 'D'], prefix: '25.0.0.0/30', delayMs: 20 }] }],
    ['tunnels', { ...plain, tunnels: [{ kind: 'gre', between: ['S', 'D'], prefix: '25.0.1.0/30' }] }],
    ['tunnels', { ...plain, tunnels: [{ kind: 'ipip', between: ['S', 'D'], prefix: '25.0.1.0/30' }] }],
  ] satisfies [string, TopologyFile][])('work, or are refused by name: %s', async (feature, wanted) => {
    const outcome = await KernelLab.up(parseTopology(wanted), { prefix: nextPrefix() }).catch(
      (error: unknown) => error,
    );
    if (!(outcome instanceof KernelLab)) {
      expect(outcome).toBeInstanceOf(KernelLabError);
      expect(outcome).toMatchObject({ code: 'unsupported', details: { feature } });
      return;
    }
    try {
      const target = feature === 'tunnels' ? '25.0.1.2' : '25.0.0.2';
      const text = await outcome.exec('S', 'scamper', '-I', `ping -c 1 ${target}`);
      expect(text).toContain('1 packets received');
      if (feature === 'delayMs') expect(Number(/time=([\d.]+) ms/.exec(text)?.[1])).toBeGreaterThan(20);
    } finally {
      await outcome.down();
    }
  });
});
