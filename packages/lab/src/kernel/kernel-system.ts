import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4, formatPrefix } from '@revtr/net';
import { startProxy } from './api-proxy.ts';
import { buildControlNetwork, CONTROLLER_ADDRESS } from './control-network.ts';
import { KernelLab, type KernelLabOptions } from './kernel-lab.ts';
import { ManagedProcess } from './managed-process.ts';
import { type NewHost, registerHosts, untilHealthy, untilReady } from './onboarding.ts';
import { addressesOf, type KernelTopology } from './topology.ts';

export interface KernelSystemOptions extends KernelLabOptions {
  /** Port of the API on the loopback address; 0 takes any free one. */
  readonly port: number;
  /** Told what is being done, for people. */
  readonly onProgress?: (message: string) => void;
  /** Ends the start early: what was built is removed. */
  readonly signal?: AbortSignal;
}

/** A lab with the whole system in it, every program in a namespace of its own. */
export interface KernelSystem {
  readonly lab: KernelLab;
  /** Address of the API. */
  readonly api: string;
  /** Key of the owner of the sources. */
  readonly key: string;
  readonly operatorKey: string;
  /** Address of the first source. */
  readonly source: string;
  /** Node to name of its network namespace. */
  readonly namespaces: Readonly<Record<string, string>>;
  readonly controller: ManagedProcess;
  /** Agents by node. */
  readonly agents: ReadonlyMap<string, ManagedProcess>;
  /** Where certificates and configurations are. */
  readonly directory: string;
  stop(): Promise<void>;
}

const program = (packageName: string): string => fileURLToPath(import.meta.resolve(`@revtr/${packageName}/main`));
/** Of each program's log, when the start fails; characters. */
const MOST_LOG_SHOWN = 3_000;
const PACKETS_PER_SECOND = 1_000;

/**
 * Builds the lab, starts controller and agents, and brings every source from its application to "ready"; what was built is
 * removed when a step fails, and at the end.
 */
export async function startKernelSystem(topology: KernelTopology, options: KernelSystemOptions): Promise<KernelSystem> {
  const say = options.onProgress ?? (() => undefined);
  const hosts = hostsOf(topology);
  const directory = mkdtempSync(join(tmpdir(), 'revtr-lab-'));
  const undo: (() => Promise<void>)[] = [async () => rmSync(directory, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const lab = await KernelLab.up(topology, options);
    undo.push(() => lab.down());
    await buildControlNetwork(
      lab,
      hosts.map(({ name, own }) => ({ node: name, address: own })),
    );
    say(`built ${topology.nodes.size} namespaces`);

    const operatorKey = `revtr_${randomBytes(24).toString('base64url')}`;
    const socket = join(directory, 'api.sock');
    const proxy = await startProxy(options.port, socket);
    undo.push(() => proxy.stop());
    const api = `http://127.0.0.1:${proxy.port}`;
    const controller = new ManagedProcess({
      namespace: lab.controlNamespace,
      command: [process.execPath, program('controller')],
      environment: {
        ...controllerEnvironment(topology, directory),
        REVTR_SOCKET: socket,
        REVTR_PUBLIC_URL: api,
        REVTR_OPERATOR_KEY: operatorKey,
      },
      logFile: join(directory, 'controller.log'),
    });
    controller.start();
    undo.push(() => controller.stop());
    await untilHealthy(api, () => controller.isRunning);
    say('the controller is up');

    const operator = new ReverseTracerouteClient({ server: api, key: operatorKey });
    const key = await registerHosts(operator, hosts);
    const agents = new Map(hosts.map(({ name }) => [name, createAgent(lab, name, directory)]));
    undo.push(async () => void (await Promise.all([...agents.values()].map((agent) => agent.stop()))));
    for (const kind of ['vantagePoint', 'source'] as const) {
      const starting = hosts.filter((host) => host.kind === kind);
      for (const { name } of starting) agents.get(name)?.start();
      say(`${starting.length} agents of kind ${kind} started; waiting until they are tested and ready`);
      await untilReady(operator, starting, options.signal);
    }
    const namespaces = Object.fromEntries([...topology.nodes.keys()].map((node) => [node, lab.namespaceOf(node)]));
    const source = hosts.find(({ kind }) => kind === 'source')?.address ?? '';
    return { lab, api, key, operatorKey, source, namespaces, controller, agents, directory, stop };
  } catch (error) {
    for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.log')) say(`${file}:\n${readFileSync(join(directory, file), 'utf8').slice(-MOST_LOG_SHOWN)}`);
    await stop();
    throw error;
  }
}

/** Vantage points first: sources are tested with them. */
function hostsOf(topology: KernelTopology): (NewHost & { readonly own: number })[] {
  const hosts = [...topology.nodes].flatMap(([name, { role }]) => {
    if (role !== 'source' && role !== 'vp') return [];
    const own = addressesOf(topology, name)[0];
    const kind = role === 'source' ? ('source' as const) : ('vantagePoint' as const);
    return [{ name, kind, own, address: formatIpv4(own) }];
  });
  return hosts.sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'vantagePoint' ? -1 : 1));
}

/** Settings of the controller, and the datasets that they name: who announces what, and which addresses are one router's. */
function controllerEnvironment(topology: KernelTopology, directory: string): Record<string, string> {
  const [origins, aliases] = [join(directory, 'prefix2as'), join(directory, 'nodes')];
  const lines = topology.origins.map(({ prefix, asn }) => `${formatPrefix(prefix).replace('/', '\t')}\t${asn}\n`);
  writeFileSync(origins, lines.join(''));
  const nodes = [...topology.nodes.keys()].map(
    (node, i) => `node N${i + 1}:  ${addressesOf(topology, node).map(formatIpv4).join(' ')}\n`,
  );
  writeFileSync(aliases, nodes.join(''));
  const targets = [...topology.nodes].flatMap(([node, { role }]) =>
    role === 'destination' ? [formatIpv4(addressesOf(topology, node)[0])] : [],
  );
  return {
    REVTR_DATABASE: join(directory, 'data'),
    REVTR_AUTHORITY: join(directory, 'authority'),
    REVTR_GATEWAY_HOST: CONTROLLER_ADDRESS,
    ...(lines.length > 0 && { REVTR_IP_TO_AS: origins }),
    REVTR_ALIASES: aliases,
    REVTR_TEST_TARGETS: targets.join(','),
    REVTR_TEST_NETWORKS: testNetworks(topology).join(','),
    REVTR_CONCURRENCY: '50',
  };
}

/** The ranges of the file, and those of its links. */
const testNetworks = ({ origins, interfaces }: KernelTopology): string[] => [
  ...new Set([
    ...origins.map(({ prefix }) => formatPrefix(prefix)),
    ...interfaces.map(({ address }) => `${formatIpv4(address)}/32`),
  ]),
];

/** An agent with the guide's files: root certificate and `plvp.config`. */
function createAgent(lab: KernelLab, node: string, directory: string): ManagedProcess {
  const own = join(directory, node);
  mkdirSync(own);
  const config = join(own, 'plvp.config');
  const networks = testNetworks(lab.topology).map((network) => `    - ${network}\n`);
  writeFileSync(
    config,
    `local:\n  host: ${CONTROLLER_ADDRESS}\n  pprofaddr: 127.0.0.1:55557\n  identity: ${join(own, 'identity')}\n` +
      `  testnetworks:\n${networks.join('')}scamper:\n  rate: ${PACKETS_PER_SECOND}\n`,
  );
  return new ManagedProcess({
    namespace: lab.namespaceOf(node),
    command: [
      process.execPath,
      program('agent'),
      join(directory, 'authority', 'root.crt'),
      config,
      '-loglevel',
      'debug',
    ],
    logFile: join(own, 'agent.log'),
  });
}
