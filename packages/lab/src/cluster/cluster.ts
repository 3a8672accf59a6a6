import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { type Place, type SimParameters, type Size, simParameters } from '@revtr/sim';
import { generateApiKey, openDatabase, parseDatabaseSettings } from '@revtr/storage';
import { startProxy } from '../deployment/api-proxy.ts';
import { ManagedProcess, type ProgramEnd } from '../deployment/managed-process.ts';
import { throwIfStopped } from '../namespaces/errors.ts';
import { Namespaces, removeNamespace } from '../namespaces/namespaces.ts';
import { localhostCertificate } from '../sidecar/localhost-certificate.ts';
import { writeSimulatedDatasets } from '../world/simulated-datasets.ts';
import { SimulatedWorld } from '../world/simulated-world.ts';
import { WIDE_BUDGETS } from '../world/wide-budgets.ts';
import type { Checkout } from './checkout.ts';
import { CALM } from './fleet/calm.ts';
import { fleetProcess } from './fleet/process.ts';
import { PostgresServer } from './postgres-server.ts';
import type { PlannedProcess } from './process-layout.ts';
import { literal, psql } from './psql.ts';
import { startNats, untilReady } from './servers.ts';
import { storeAtlases } from './store-atlases.ts';

export interface LocalClusterOptions {
  /** Starts the name of the network namespace. At most five characters. */
  readonly prefix: string;
  readonly size: Size;
  readonly seed: number;
  readonly sources: number;
  readonly vantagePoints: number;
  /** The processes of the controller. If there are several, they share a bus. */
  readonly layout: readonly PlannedProcess[];
  /** Whether the controller, which is one process then, has its embedded database in place of PostgreSQL. Default: no. */
  readonly isEmbedded?: boolean;
  /** Whether answers depend neither on chance nor on time, see {@link CALM}. Default: no. */
  readonly isCalm?: boolean;
  /** Variables of the processes of the controller and of the agents, in addition to those that they need. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether the atlases of the sources are in the database at the start. Default: no, the controller collects them. */
  readonly hasAtlases?: boolean;
  /** Ports of the APIs on the loopback address, one for each; 0 selects a free port. Default: free ports. */
  readonly ports?: readonly number[];
  /** Whether the APIs serve gRPC as well. Default: false. */
  readonly isGrpcServed?: boolean;
  /** The version of the controller. Default: that of this checkout. */
  readonly version?: Pick<Checkout, 'controller' | 'migrate'>;
  readonly onProgress?: (message: string) => void;
  /** Interrupts the start. Default: never. */
  readonly signal?: AbortSignal;
  /** Called when a process ends although nobody stopped it. */
  readonly onEnd?: (name: string, end: ProgramEnd) => void;
}

/** A controller on this machine, with PostgreSQL, a fleet of simulated agents, and NATS if the controller has several processes. */
export interface LocalCluster {
  /** URLs of the APIs. */
  readonly apis: readonly string[];
  /** Host and port of the gRPC interface of each API; none unless it is served. */
  readonly grpc: readonly string[];
  /** API key of the operator. */
  readonly key: string;
  readonly world: SimulatedWorld;
  /** Sources, dotted quads. */
  readonly sources: readonly string[];
  /** The processes of the controller, as `engine1`, and `postgres`, `nats` and `fleet`. */
  readonly processes: ReadonlyMap<string, ManagedProcess>;
  /** URL of the database for this process; the directory of an embedded one. */
  readonly database: string;
  /** Directory with the log of each process. */
  readonly directory: string;
  /** Ends a process of the controller, as `engine1`, and starts `program` in its place; by default the one of this checkout. */
  replace(name: string, program?: string): Promise<void>;
  stop(): Promise<void>;
}

const CONTROLLER = fileURLToPath(import.meta.resolve('@revtr/controller/main'));
const GATEWAY_PORT = 4380;
const GRPC_PORT = 9999;
const RELAY = fileURLToPath(new URL('./relay/main.ts', import.meta.url));
const HOUR_MS = 3_600_000;

/**
 * Starts a cluster in one network namespace, whose loopback interface has the addresses of the simulated agents. Requires root.
 * @throws {KernelLabError} `commandFailed`, `notReady`, `stopped`
 */
export async function startCluster(options: LocalClusterOptions): Promise<LocalCluster> {
  const { onProgress: say = () => undefined, signal } = options;
  const directory = mkdtempSync(join(tmpdir(), 'revtr-cluster-'));
  const undo: (() => Promise<void>)[] = [async () => rmSync(directory, { recursive: true, force: true })];
  const undoAll = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  // Whoever stops a cluster that stops already must not go on before everything is gone.
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= undoAll();
    return stopping;
  };
  try {
    const parameters = fleetParameters(options);
    const world = new SimulatedWorld({ parameters, sources: options.sources, startMs: Date.now() - HOUR_MS });
    const vantagePoints = world.internet.places.vantagePoints.slice(0, options.vantagePoints);
    const hosts = [...world.sources, ...vantagePoints];
    const namespaces = new Namespaces({ prefix: options.prefix });
    const namespace = namespaces.control;
    // An earlier cluster of this name may have been killed.
    await removeNamespace(namespace);
    undo.push(() => namespaces.down());
    await namespaces.add(namespace);
    await addAddresses(
      namespaces,
      namespace,
      hosts.map(({ address }) => address),
    );
    const log = (name: string): string => join(directory, `${name}.log`);
    const postgres =
      options.isEmbedded === true
        ? undefined
        : new PostgresServer({ namespace, logFile: log('postgres'), listensOn: '127.0.0.1' });
    const processes = new Map<string, ManagedProcess>();
    if (postgres !== undefined) {
      undo.push(async () => postgres.remove());
      undo.push(() => postgres.process.stop());
      await postgres.initialise();
      await postgres.start();
      processes.set('postgres', postgres.process);
    }
    const database = postgres?.localUrl ?? join(directory, 'data');
    const isAlone = options.layout.length === 1;
    const nats = isAlone ? undefined : await startNats(namespace, '127.0.0.1', log('nats'));
    if (nats !== undefined) {
      undo.push(() => nats.process.stop());
      processes.set('nats', nats.process);
    }
    if (postgres === undefined) await registerHostsInEmbedded(database, world.sources, vantagePoints);
    else await registerHosts(database, world.sources, vantagePoints, options.version?.migrate);
    if (options.hasAtlases === true) {
      const addresses = vantagePoints.map(({ address }) => address);
      await storeAtlases(database, world, addresses);
    }
    throwIfStopped(signal);
    if (postgres !== undefined) say(isAlone ? 'PostgreSQL is running' : 'PostgreSQL and NATS are running');

    const key = generateApiKey();
    const { environment = {} } = options;
    const shared = {
      ...(await sharedEnvironment(directory, world)),
      REVTR_DATABASE: postgres === undefined ? database : 'postgres://revtr@127.0.0.1/postgres',
      ...(nats && { REVTR_BUS: nats.url }),
      REVTR_OPERATOR_KEY: key,
      ...(options.isGrpcServed === true && (await grpcEnvironment(directory))),
      ...environment,
    };
    undo.push(async () => void (await Promise.all([...processes.values()].map((process) => process.stop()))));
    const gateways = options.layout.filter(({ roles }) => roles.includes('gateway'));
    const served = options.layout.filter(({ roles }) => roles.includes('api'));
    const launch = async (planned: PlannedProcess, program?: string, signal?: AbortSignal): Promise<void> => {
      const { name } = planned;
      const hosts = { gatewayHost: hostOf(gateways.indexOf(planned)), grpcHost: hostOf(served.indexOf(planned)) };
      const process = controllerProcess({ ...planned, ...hosts, namespace, directory, shared, program }, options.onEnd);
      processes.set(name, process);
      const starts = startsIn(process);
      process.start();
      await untilReady(name, () => startsIn(process) > starts, signal);
    };
    // The first gateway creates the certificate authority that all gateways share.
    const [first] = gateways;
    const begin = (planned: PlannedProcess): Promise<void> => launch(planned, options.version?.controller, signal);
    await begin(first);
    await Promise.all(options.layout.filter((planned) => planned !== first).map(begin));
    say(`running: ${options.layout.map(({ name }) => name).join(', ')}`);
    const { size, seed, isCalm = false, onEnd } = options;
    const fleet = fleetProcess(
      { namespace, directory, environment, ...(onEnd && { onEnd: (end: ProgramEnd) => onEnd('fleet', end) }) },
      {
        ...{ size, seed, agents: hosts.map(({ address }) => formatIpv4(address)) },
        ...{ vantagePoints: parameters.vantagePoints, isCalm },
        gateways: gateways.map((_, i) => ({ host: hostOf(i), port: GATEWAY_PORT })),
      },
    );
    processes.set('fleet', fleet);
    fleet.start();
    const apis: string[] = [];
    for (const [i, { name }] of served.entries()) {
      const proxy = await startProxy(options.ports?.[i] ?? 0, socketOf(directory, name));
      undo.push(() => proxy.stop());
      apis.push(`http://127.0.0.1:${proxy.port}`);
    }
    const grpc: string[] = [];
    if (options.isGrpcServed === true) {
      const relays = served.map((_, i) => ({ socket: join(directory, `grpc${i + 1}.sock`), host: hostOf(i) }));
      const relay = new ManagedProcess({
        ...{ namespace, logFile: log('relay') },
        command: [process.execPath, RELAY, ...relays.flatMap(({ socket, host }) => [socket, host, String(GRPC_PORT)])],
      });
      undo.push(() => relay.stop());
      relay.start();
      await untilReady('the relay', () => relays.every(({ socket }) => existsSync(socket)));
      for (const { socket } of relays) {
        const proxy = await startProxy(0, socket);
        undo.push(() => proxy.stop());
        grpc.push(`localhost:${proxy.port}`);
      }
    }
    const replace = async (name: string, program: string = CONTROLLER): Promise<void> => {
      await processes.get(name)?.stop();
      const found = options.layout.find((planned) => planned.name === name);
      if (found !== undefined) await launch(found, program);
    };
    return {
      ...{ apis, grpc, key, world, processes, directory, replace, stop },
      sources: world.sources.map(({ address }) => formatIpv4(address)),
      database,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How often a process has started. */
function startsIn(process: ManagedProcess): number {
  return process.hasLog ? process.log.split('"msg":"started"').length - 1 : 0;
}

async function addAddresses(
  namespaces: Namespaces,
  namespace: string,
  addresses: readonly Ipv4Address[],
): Promise<void> {
  const commands = addresses.map((address) => `addr add ${formatIpv4(address)}/32 dev lo\n`).join('');
  await namespaces.feed(commands, 'ip', '-n', namespace, '-batch', '-');
}

async function migrateHere(url: string): Promise<void> {
  await (await openDatabase(parseDatabaseSettings(url))).close();
}

/** Migrates the schema, and writes the hosts into the database as ready sources and vantage points that can spoof. */
export async function registerHosts(
  url: string,
  sources: readonly Place[],
  vantagePoints: readonly Place[],
  migrate: (url: string) => Promise<void> = migrateHere,
): Promise<void> {
  await migrate(url);
  const rows = (places: readonly Place[], kind: 'source' | 'vantagePoint'): string[] =>
    places.map(({ address, hostname, site }) => {
      const texts = [formatIpv4(address), hostname, site, kind, 'ready'].map(literal).join(', ');
      return `(${texts}, ${kind === 'vantagePoint'})`;
    });
  const all = [...rows(sources, 'source'), ...rows(vantagePoints, 'vantagePoint')];
  await psql(url, `insert into agents (address, hostname, site, kind, state, can_spoof) values ${all.join(', ')};`);
}

/** Does the same for an embedded database, which no process uses. */
async function registerHostsInEmbedded(
  directory: string,
  sources: readonly Place[],
  vantagePoints: readonly Place[],
): Promise<void> {
  const { db, close } = await openDatabase(parseDatabaseSettings(directory));
  const rows = (places: readonly Place[], kind: 'source' | 'vantagePoint') =>
    places.map(({ address, hostname, site }) => ({
      ...{ address: formatIpv4(address), hostname, site, kind, state: 'ready' as const },
      can_spoof: kind === 'vantagePoint',
    }));
  try {
    await db
      .insertInto('agents')
      .values([...rows(sources, 'source'), ...rows(vantagePoints, 'vantagePoint')])
      .execute();
  } finally {
    await close();
  }
}

/** Writes datasets and budgets, and returns the variables that all processes of the controller have. */
export async function sharedEnvironment(
  directory: string,
  { internet, data }: SimulatedWorld,
): Promise<Record<string, string>> {
  const datasets = join(directory, 'datasets');
  mkdirSync(datasets);
  await writeSimulatedDatasets(datasets, internet, data);
  const budgets = join(directory, 'budgets.json');
  writeFileSync(budgets, JSON.stringify(WIDE_BUDGETS));
  return {
    REVTR_AUTHORITY: join(directory, 'authority'),
    REVTR_BUDGETS: budgets,
    REVTR_DATASETS: datasets,
    REVTR_SELF_AUDITS_PER_DAY: '0',
    REVTR_SURVEY_PROBES_PER_HOUR: '0',
  };
}

/** Writes a certificate, and returns the variables with which an API serves gRPC. */
async function grpcEnvironment(directory: string): Promise<Record<string, string>> {
  const { certificate, key } = await localhostCertificate();
  const files = { certificate: join(directory, 'grpc.crt'), key: join(directory, 'grpc.key') };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, key);
  return {
    REVTR_GRPC_PORT: String(GRPC_PORT),
    REVTR_GRPC_CERTIFICATE: files.certificate,
    REVTR_GRPC_KEY: files.key,
  };
}

/** The simulated Internet of a cluster: that of the profile `published`, with more vantage points if more are asked for. */
function fleetParameters({ size, seed, vantagePoints, isCalm = false }: LocalClusterOptions): SimParameters {
  const usual = simParameters(size, seed, isCalm ? CALM : {}, 'published');
  return { ...usual, vantagePoints: Math.max(vantagePoints, usual.vantagePoints) };
}

/** Loopback address of the process with this index among those that listen on a port; that of the first one for processes that do not. */
const hostOf = (index: number): string => `127.0.0.${Math.max(0, index) + 1}`;

/** Unix socket of the API of a process. */
const socketOf = (directory: string, name: string): string => join(directory, `${name}.sock`);

function controllerProcess(
  settings: PlannedProcess & {
    readonly namespace: string;
    readonly directory: string;
    readonly shared: Readonly<Record<string, string>>;
    /** Addresses of the ports for agents and for gRPC. */
    readonly gatewayHost: string;
    readonly grpcHost: string;
    readonly program: string | undefined;
  },
  onEnd: LocalClusterOptions['onEnd'],
): ManagedProcess {
  const { namespace, directory, name, roles, shared, gatewayHost, grpcHost, program = CONTROLLER } = settings;
  return new ManagedProcess({
    namespace,
    command: [process.execPath, program],
    environment: {
      ...shared,
      REVTR_ROLES: roles.join(','),
      REVTR_SOCKET: socketOf(directory, name),
      REVTR_GATEWAY_HOST: gatewayHost,
      REVTR_GRPC_HOST: grpcHost,
      REVTR_GATEWAY_PORT: String(GATEWAY_PORT),
      REVTR_AUDIT_DIRECTORY: join(directory, `${name}-audit`),
    },
    logFile: join(directory, `${name}.log`),
    ...(onEnd && { onEnd: (end) => onEnd(name, end) }),
  });
}
