import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { type Measurement, ReverseTracerouteClient } from '@revtr/client';
import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import { systemClock } from '@revtr/probing';
import type { ProberEnvironment } from '@revtr/probing/conformance';
import { KernelLab } from '../src/kernel/network/kernel-lab.ts';
import { type KernelSystem, type KernelSystemOptions, startKernelSystem } from '../src/kernel/system/kernel-system.ts';
import { type LabScampers, startScampers } from '../src/kernel/system/scampers.ts';
import { nodeOf } from '../src/kernel/topology/addresses.ts';
import { parseTopology } from '../src/kernel/topology/parse.ts';

/** Whether namespaces, Linux's routing tools and scamper are there. A suite that needs them is skipped without, which fails in CI. */
export function canRunKernelLab(): boolean {
  const works = (program: string, ...args: string[]): boolean =>
    spawnSync(program, args, { stdio: 'ignore' }).error === undefined;
  return (
    process.getuid?.() === 0 &&
    spawnSync('ip', ['netns', 'list']).status === 0 &&
    works('scamper', '-v') &&
    works('nft', '-v')
  );
}

export interface TopologyFile {
  nodes: Record<string, { role: string; options?: { rr?: string; ttl?: string; agent?: string } }>;
  links: [string, string, string][];
  routes: { at: string; to: string; via: string; src?: string }[];
  as: Record<string, number>;
}

/** Adds six routers to the path from the source to the destinations. Record Route pings of the source then leave no slot for the way back. */
export function extendForwardPath({ nodes, links, routes }: TopologyFile): void {
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
}

const ASYMMETRIC = new URL('../src/kernel/asymmetric.json', import.meta.url);
let labs = 0;

/** Distinct among suites, and among runs at the same time on one machine. */
export const nextPrefix = (): string => `t${((process.pid * 36 + labs++) % 36 ** 4).toString(36)}`;

async function topologyWith(change: (file: TopologyFile) => void): Promise<ReturnType<typeof parseTopology>> {
  const file: TopologyFile = JSON.parse(await readFile(ASYMMETRIC, 'utf8'));
  change(file);
  return parseTopology(file);
}

/** A lab with scampers that this process drives itself. */
export interface ScamperLab {
  readonly lab: KernelLab;
  readonly scampers: LabScampers;
  down(): Promise<void>;
}

/** Starts a lab with scampers alone, from the topology that the package brings, changed as a test wishes. */
export async function startScamperLab(change: (file: TopologyFile) => void = () => undefined): Promise<ScamperLab> {
  const lab = await KernelLab.up(await topologyWith(change), { prefix: nextPrefix() });
  const scampers = await startScampers(lab, { clock: systemClock }).catch(async (error: unknown) => {
    await lab.down();
    throw error;
  });
  return {
    lab,
    scampers,
    down: async () => {
      await scampers.stop();
      await lab.down();
    },
  };
}

/** Starts a lab with the additional host Q at 10.5.0.2, which ignores pings. */
export async function startConformanceLab(): Promise<ScamperLab> {
  const test = await startScamperLab(({ nodes, links, routes, as }) => {
    nodes.Q = { role: 'destination' };
    links.push(['R4', 'Q', '10.5.0.0/30']);
    routes.push({ at: 'Q', to: 'default', via: 'R4' });
    as['10.5.0.0/16'] = 64_520;
  });
  await test.lab.exec('Q', 'sysctl', '-q', '-w', 'net.ipv4.icmp_echo_ignore_all=1');
  return test;
}

/** Facts about the lab of `startConformanceLab` for the conformance suite of probers. */
export function conformanceFacts({ topology }: KernelLab): Omit<ProberEnvironment, 'prober' | 'drive' | 'stop'> {
  const isAt = (address: Ipv4Address, nodes: readonly string[]): boolean =>
    nodes.includes(nodeOf(topology, address) ?? '');
  return {
    vantagePoint: parseIpv4('10.104.0.1'),
    source: parseIpv4('10.1.0.1'),
    target: parseIpv4('10.4.0.2'),
    silent: parseIpv4('10.5.0.2'),
    stranger: parseIpv4('10.45.0.2'),
    forwardRouters: 1,
    isOnForwardPath: (address) => isAt(address, ['R4']),
    isOnReversePath: (address) => isAt(address, ['R4', 'R5', 'R6', 'R7', 'R8', 'R1', 'S']),
  };
}

/** A kernel lab with a running system, and clients of its API. */
export interface TestSystem extends KernelSystem {
  /** As the owner of the source. */
  readonly client: ReverseTracerouteClient;
  readonly operator: ReverseTracerouteClient;
  /** Measures the path from a destination back to the source, reusing nothing. */
  measure(destination: string, options?: { readonly useAtlas?: boolean }): Promise<Measurement>;
  /** The nodes that a measured path passes behind its destination. */
  nodesOf(measurement: Measurement): (string | undefined)[];
  node(address: Ipv4Address): string | undefined;
}

/** Starts the system in a kernel lab with the topology `asymmetric.json`, which `change` can modify. */
export async function startTestSystem(
  change: (file: TopologyFile) => void = () => undefined,
  options: Pick<KernelSystemOptions, 'selfAuditsPerDay'> = {},
): Promise<TestSystem> {
  const topology = await topologyWith(change);
  const system = await startKernelSystem(topology, {
    ...options,
    prefix: nextPrefix(),
    port: 0,
    onProgress: (message) => {
      if (message.includes('.log:')) process.stderr.write(`${message}\n`);
    },
  });
  const client = new ReverseTracerouteClient({ server: system.api, key: system.key });
  const operator = new ReverseTracerouteClient({ server: system.api, key: system.operatorKey });
  const node = (address: Ipv4Address): string | undefined => nodeOf(topology, address);
  return {
    ...system,
    client,
    operator,
    node,
    nodesOf: ({ result }) => (result?.hops ?? []).slice(1).map(({ address }) => node(parseIpv4(address))),
    measure: async (destination, { useAtlas = true } = {}) => {
      const pair = { src: system.source, dst: destination, useCache: false, atlasOptions: { useAtlas } };
      const { batchId } = await client.submit([pair]);
      const { measurements } = await client.wait(batchId);
      return measurements[0];
    },
  };
}
