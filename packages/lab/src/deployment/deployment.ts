import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ReverseTracerouteClient } from '@revtr/client';
import { formatIpv4, formatPrefix, type Ipv4Address, type Prefix } from '@revtr/net';
import { untilAborted } from '@revtr/probing';
import { KernelLabError } from '../namespaces/errors.ts';
import type { Namespaces } from '../namespaces/namespaces.ts';
import { WIDE_BUDGETS } from '../world/wide-budgets.ts';
import { AGENT_PACKETS_PER_SECOND, createAgent } from './agent-program.ts';
import { startProxy } from './api-proxy.ts';
import { buildControlNetwork, CONTROL_ADDRESS } from './control-network.ts';
import { ManagedProcess, type ProgramEnd } from './managed-process.ts';
import { type NewHost, registerHosts, untilHealthy, untilReady } from './onboarding.ts';
import { ProgramEnds } from './program-ends.ts';
import { watchScampers } from './scamper-watch.ts';

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
  /** Self-audits in a day, at most 10,000. Default: none. */
  readonly selfAuditsPerDay?: number | undefined;
  /** Address at which agents reach the controller; the network under test must not use it. Default 192.168.255.1. */
  readonly controlAddress?: string | undefined;
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
  /**
   * Fires when the controller or an agent ends although nobody stopped it. The reason is a {@link KernelLabError} `programEnded`,
   * whose message ends with the last lines of the program's log.
   */
  readonly failed: AbortSignal;
  stop(): Promise<void>;
}

const program = (packageName: string): string => fileURLToPath(import.meta.resolve(`@revtr/${packageName}/main`));
/** Number of characters at the end of each log that are shown when the start fails. */
const MOST_LOG_SHOWN = 3_000;
/** Time in which the end of a program is noticed after its connections have failed, milliseconds. */
const END_NOTICED_MS = 200;

/**
 * Starts the controller and the agents, registers the hosts, and waits until each source is ready. Stops everything when a step
 * fails.
 * @throws {KernelLabError} `commandFailed`, `notReady`, `programEnded` or `stopped`
 */
export async function deploy(namespaces: Namespaces, options: DeploymentOptions): Promise<Deployment> {
  const say = options.onProgress ?? (() => undefined);
  const directory = mkdtempSync(join(tmpdir(), 'revtr-lab-'));
  const ends = new ProgramEnds();
  const signal = AbortSignal.any([cancelled(options.signal), ends.signal]);
  const undo: (() => Promise<void>)[] = [async () => rmSync(directory, { recursive: true, force: true })];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    await buildControlNetwork(namespaces, controlAddressOf(options), options.hosts);
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
      onEnd: (end) => ends.add('controller', end, controller.log),
    });
    controller.start();
    undo.push(() => controller.stop());
    await untilHealthy(api, signal);
    say('the controller is running');

    const operator = new ReverseTracerouteClient({ server: api, key: operatorKey });
    // Vantage points start first because the tests of the sources need them.
    const hosts = (['vantagePoint', 'source'] as const).map((kind) =>
      options.hosts.filter((host) => host.kind === kind),
    );
    const key = await registerHosts(operator, hosts.flat());
    const root = join(directory, 'authority', 'root.crt');
    const agents = new Map(
      options.hosts.map((host) => {
        const { name } = host;
        const place = { namespace: namespaces.of(name), own: join(directory, name) };
        const onEnd = (end: ProgramEnd): void => ends.add(`agent ${name}`, end, agent.log);
        const agent =
          host.isLegacy === true
            ? createLegacyAgent({ ...place, host }, options, onEnd)
            : createAgent({ ...place, controller: controlAddressOf(options), ...options, root }, onEnd);
        return [name, agent];
      }),
    );
    const agentLogs = new Map(options.hosts.map(({ name }) => [name, join(directory, name, 'agent.log')]));
    const stopWatching = watchScampers(agentLogs, say);
    undo.push(async () => stopWatching());
    undo.push(async () => void (await Promise.all([...agents.values()].map((agent) => agent.stop()))));
    for (const starting of hosts) {
      for (const { name } of starting) agents.get(name)?.start();
      say(`started ${starting.length} agents; waiting for their tests`);
      await untilReady(operator, starting, signal);
    }
    const source = options.hosts.find(({ kind }) => kind === 'source')?.address ?? '';
    return { api, key, operatorKey, source, controller, agents, directory, failed: ends.signal, stop };
  } catch (error) {
    await Promise.race([untilAborted(signal), sleep(END_NOTICED_MS)]);
    if (!signal.aborted) showLogs(directory, say);
    await stop();
    throw signal.aborted ? signal.reason : error;
  }
}

const controlAddressOf = ({ controlAddress = CONTROL_ADDRESS }: DeploymentOptions): string => controlAddress;

/** A signal that fires with `signal`, whose reason is a {@link KernelLabError} `stopped`. */
function cancelled(signal: AbortSignal | undefined): AbortSignal {
  const stopped = new AbortController();
  const abort = (): void =>
    stopped.abort(new KernelLabError('stopped', 'the start was cancelled before all agents were ready', {}));
  if (signal?.aborted) abort();
  else signal?.addEventListener('abort', abort, { once: true });
  return stopped.signal;
}

function showLogs(directory: string, say: (message: string) => void): void {
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.log')) say(`${file}:\n${readFileSync(join(directory, file), 'utf8').slice(-MOST_LOG_SHOWN)}`);
}

/** Writes datasets and budgets, and returns the environment of the controller. */
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
  const budgets = join(directory, 'budgets.json');
  writeFileSync(budgets, JSON.stringify(WIDE_BUDGETS));
  return {
    REVTR_BUDGETS: budgets,
    REVTR_DATABASE: join(directory, 'data'),
    REVTR_AUTHORITY: join(directory, 'authority'),
    REVTR_AUDIT_DIRECTORY: join(directory, 'audit'),
    REVTR_GATEWAY_HOST: controlAddressOf(options),
    REVTR_DATASETS: datasets,
    REVTR_TEST_TARGETS: options.testTargets.map(formatIpv4).join(','),
    REVTR_TEST_NETWORKS: options.testNetworks.join(','),
    REVTR_CONCURRENCY: '50',
    ...(options.hosts.some(({ isLegacy }) => isLegacy) && LEGACY_ENVIRONMENT),
    REVTR_SELF_AUDITS_PER_DAY: String(options.selfAuditsPerDay ?? 0),
  };
}

const LEGACY_PORTS = { scamper: 4381, grpc: 4379 };
/** The name that agents of revtr 2.0 expect in the certificate. */
const LEGACY_NAME = 'plcontroller.revtr.ccs.neu.edu';
/** The scamper of Debian is built without TLS. */
const LEGACY_ENVIRONMENT = {
  REVTR_LEGACY_SCAMPER_PORT: String(LEGACY_PORTS.scamper),
  REVTR_LEGACY_GRPC_PORT: String(LEGACY_PORTS.grpc),
  REVTR_LEGACY_PLAINTEXT: 'true',
  REVTR_LEGACY_RATE: String(AGENT_PACKETS_PER_SECOND),
};

/** Where an agent runs: its namespace, and a directory that does not exist yet. */
interface AgentPlace {
  readonly host: NewHost;
  readonly namespace: string;
  readonly own: string;
}

/** An agent like that of revtr 2.0, which is not started. */
function createLegacyAgent(
  { host, namespace, own }: AgentPlace,
  options: DeploymentOptions,
  onEnd: (end: ProgramEnd) => void,
): ManagedProcess {
  mkdirSync(own);
  const main = fileURLToPath(new URL('./legacy-agent/main.ts', import.meta.url));
  const ports = Object.values(LEGACY_PORTS).map(String);
  const root = join(own, '..', 'authority', 'root.crt');
  const command = [process.execPath, main, controlAddressOf(options), ...ports, root, LEGACY_NAME, host.address];
  return new ManagedProcess({ namespace, command, logFile: join(own, 'agent.log'), onEnd });
}
