import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4, formatPrefix, type Ipv4Address, type Prefix } from '@revtr/net';
import type { Namespaces } from '../namespaces/namespaces.ts';
import { startProxy } from './api-proxy.ts';
import { buildControlNetwork, CONTROLLER_ADDRESS } from './control-network.ts';
import { ManagedProcess } from './managed-process.ts';
import { type NewHost, registerHosts, untilHealthy, untilReady } from './onboarding.ts';

export interface DeploymentOptions {
  /** Sources and vantage points. Their namespaces must exist. */
  readonly hosts: readonly NewHost[];
  /** Announced prefixes and address aliases of routers, for the datasets of the controller. */
  readonly origins: readonly { readonly prefix: Prefix; readonly asn: number }[];
  readonly aliases: readonly (readonly Ipv4Address[])[];
  /** Private prefixes that the target policy allows. */
  readonly testNetworks: readonly string[];
  /** Addresses that answer pings, for the self-tests of the agents. */
  readonly testTargets: readonly Ipv4Address[];
  /** Port of the API on the loopback address; 0 selects a free port. */
  readonly port: number;
  /** Receives progress messages. */
  readonly onProgress?: ((message: string) => void) | undefined;
  /** Cancels the start. Everything that was built is removed. */
  readonly signal?: AbortSignal | undefined;
}

/** A running system. Each program runs in its own network namespace. */
export interface Deployment {
  /** URL of the API. */
  readonly api: string;
  /** API key of the owner of the sources. */
  readonly key: string;
  /** API key of the operator. */
  readonly operatorKey: string;
  /** Address of the first source. */
  readonly source: string;
  readonly controller: ManagedProcess;
  /** Agents, by the name of the host. */
  readonly agents: ReadonlyMap<string, ManagedProcess>;
  /** Temporary directory with certificates, configurations and logs. */
  readonly directory: string;
  stop(): Promise<void>;
}

const program = (packageName: string): string => fileURLToPath(import.meta.resolve(`@revtr/${packageName}/main`));
/** Number of characters at the end of each log that are shown when the start fails. */
const MOST_LOG_SHOWN = 3_000;
const PACKETS_PER_SECOND = 1_000;

/**
 * Starts the controller and the agents, registers the hosts, and waits until each source is ready. Stops everything when a step
 * fails.
 * @throws {KernelLabError} `commandFailed`, `notReady` or `stopped`
 */
export async function deploy(namespaces: Namespaces, options: DeploymentOptions): Promise<Deployment> {
  const say = options.onProgress ?? (() => undefined);
  const directory = mkdtempSync(join(tmpdir(), 'revtr-lab-'));
  const undo: (() => Promise<void>)[] = [async () => rmSync(directory, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await buildControlNetwork(namespaces, options.hosts);
    const operatorKey = `revtr_${randomBytes(24).toString('base64url')}`;
    const socket = join(directory, 'api.sock');
    const proxy = await startProxy(options.port, socket);
    undo.push(() => proxy.stop());
    const api = `http://127.0.0.1:${proxy.port}`;
    const controller = new ManagedProcess({
      namespace: namespaces.control,
      command: [process.execPath, program('controller')],
      environment: {
        ...controllerEnvironment(options, directory),
        REVTR_SOCKET: socket,
        REVTR_PUBLIC_URL: api,
        REVTR_OPERATOR_KEY: operatorKey,
      },
      logFile: join(directory, 'controller.log'),
    });
    controller.start();
    undo.push(() => controller.stop());
    await untilHealthy(api, () => controller.isRunning);
    say('the controller is running');

    const operator = new ReverseTracerouteClient({ server: api, key: operatorKey });
    // Vantage points start first because the tests of the sources need them.
    const hosts = (['vantagePoint', 'source'] as const).map((kind) =>
      options.hosts.filter((host) => host.kind === kind),
    );
    const key = await registerHosts(operator, hosts.flat());
    const agents = new Map(
      options.hosts.map(({ name }) => [name, createAgent(namespaces.of(name), join(directory, name), options)]),
    );
    undo.push(async () => void (await Promise.all([...agents.values()].map((agent) => agent.stop()))));
    for (const starting of hosts) {
      for (const { name } of starting) agents.get(name)?.start();
      say(`started ${starting.length} agents; waiting for their tests`);
      await untilReady(operator, starting, options.signal);
    }
    const source = options.hosts.find(({ kind }) => kind === 'source')?.address ?? '';
    return { api, key, operatorKey, source, controller, agents, directory, stop };
  } catch (error) {
    for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.log')) say(`${file}:\n${readFileSync(join(directory, file), 'utf8').slice(-MOST_LOG_SHOWN)}`);
    await stop();
    throw error;
  }
}

/** Writes the datasets and returns the environment of the controller. */
function controllerEnvironment(options: DeploymentOptions, directory: string): Record<string, string> {
  const datasets = join(directory, 'datasets');
  mkdirSync(datasets);
  const put = (kind: string, lines: readonly string[]): void => {
    if (lines.length > 0) writeFileSync(join(datasets, kind), lines.join(''));
  };
  put(
    'prefix2as',
    options.origins.map(({ prefix, asn }) => `${formatPrefix(prefix).replace('/', '\t')}\t${asn}\n`),
  );
  put(
    'itdkNodes',
    options.aliases.flatMap((set, i) => (set.length > 1 ? `node N${i + 1}:  ${set.map(formatIpv4).join(' ')}\n` : [])),
  );
  return {
    REVTR_DATABASE: join(directory, 'data'),
    REVTR_AUTHORITY: join(directory, 'authority'),
    REVTR_AUDIT_DIRECTORY: join(directory, 'audit'),
    REVTR_GATEWAY_HOST: CONTROLLER_ADDRESS,
    REVTR_DATASETS: datasets,
    REVTR_TEST_TARGETS: options.testTargets.map(formatIpv4).join(','),
    REVTR_TEST_NETWORKS: options.testNetworks.join(','),
    REVTR_CONCURRENCY: '50',
  };
}

/** Writes `plvp.config` and returns an agent that is not started. It uses the files that docs/host-a-source.md describes. */
function createAgent(namespace: string, own: string, { testNetworks }: DeploymentOptions): ManagedProcess {
  mkdirSync(own);
  const config = join(own, 'plvp.config');
  const networks = testNetworks.map((network) => `    - ${network}\n`).join('');
  writeFileSync(
    config,
    `local:\n  host: ${CONTROLLER_ADDRESS}\n  pprofaddr: 127.0.0.1:55557\n  identity: ${join(own, 'identity')}\n` +
      `${networks === '' ? '' : `  testnetworks:\n${networks}`}scamper:\n  rate: ${PACKETS_PER_SECOND}\n`,
  );
  const root = join(own, '..', 'authority', 'root.crt');
  return new ManagedProcess({
    namespace,
    command: [process.execPath, program('agent'), root, config, '-loglevel', 'debug'],
    logFile: join(own, 'agent.log'),
  });
}
