import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROLES, type Role } from '@revtr/controller';
import { formatIpv4 } from '@revtr/net';
import type { Size } from '@revtr/sim';
import { generateApiKey, hashApiKey, openDatabase, parseDatabaseSettings, Users } from '@revtr/storage';
import { registerHosts, sharedEnvironment } from '../../cluster/cluster.ts';
import { countEndings } from '../../cluster/endings.ts';
import { fleetProcess } from '../../cluster/fleet/process.ts';
import { startNats, untilReady } from '../../cluster/servers.ts';
import { createAgent } from '../../deployment/agent-program.ts';
import { ManagedProcess, type ProgramEnd } from '../../deployment/managed-process.ts';
import { SmallDisk } from '../../deployment/small-disk.ts';
import type { SimulatedWorld } from '../../world/simulated-world.ts';
import { CAMPAIGN_SETTINGS, type CampaignSettings } from '../campaign/settings.ts';
import { StarNetwork } from '../network/star-network.ts';
import { addAgentHosts, areAttached } from './agent-hosts.ts';
import { AGENTS, CLIENTS, FLEET, NATS, namesOf, PER_ROLE } from './names.ts';
import { PostgresPair } from './postgres-pair.ts';
import { TARGETS } from './targets.ts';
import { WallClock } from './wall-clock.ts';

type Environment = Readonly<Record<string, string>>;

export interface ChaosSystemOptions {
  /** Starts the names of the network namespaces. At most five characters. */
  readonly prefix: string;
  readonly size: Size;
  /** Seed of the simulated Internet. */
  readonly worldSeed: number;
  readonly vantagePoints: number;
  readonly users: number;
  /** Directory for logs and files of the run. */
  readonly directory: string;
  readonly onProgress: (message: string) => void;
  /** Called when there is a network. Returns variables of the processes of the controller, in addition to those that they need. Default: none. */
  readonly prepare?: (network: StarNetwork) => Promise<Environment>;
  /** A process has ended although no fault has ended it. It is started again, as a service manager does. */
  readonly onDeath: (name: string) => void;
}

const CONTROLLER = fileURLToPath(import.meta.resolve('@revtr/controller/main'));
const CAMPAIGN_PROGRAM = fileURLToPath(new URL('../campaign/main.ts', import.meta.url));
const API_PORT = 8080;
const GATEWAY_PORT = 4380;
/** Port of each process of the controller for health and metrics. */
export const HEALTH_PORT = 9100;
const AUDIT_MIB = 64;
/** A service manager starts a process again after this time, milliseconds. */
const RESTART_MS = 1_000;

/** A cluster on one machine, in which each process has a network namespace, with its clients. Requires root. */
export class ChaosSystem {
  readonly network: StarNetwork;
  readonly postgres: PostgresPair;
  readonly world: SimulatedWorld;
  /** The processes of the controller by name, for example `engine1`. */
  readonly controllers: ReadonlyMap<string, ManagedProcess>;
  readonly nats: ManagedProcess;
  readonly fleet: ManagedProcess;
  /** Agent programs by the name of their host, for example `agent1`. */
  readonly agents: ReadonlyMap<string, ManagedProcess>;
  /** The disk of the audit of each process of the controller. */
  readonly auditDisks: ReadonlyMap<string, SmallDisk>;
  /** The wall clocks of processes that can be wrong. */
  readonly clocks: ReadonlyMap<string, WallClock>;
  /** URLs of the APIs in the network of the run. */
  readonly apis: readonly string[];
  readonly userKeys: readonly string[];
  readonly operatorKey: string;
  readonly #clientNamespace: string;
  readonly #clientLog: string;

  private constructor(
    parts: Omit<ChaosSystem, 'campaign'> & { readonly clientNamespace: string; readonly clientLog: string },
  ) {
    this.network = parts.network;
    this.postgres = parts.postgres;
    this.world = parts.world;
    this.controllers = parts.controllers;
    this.nats = parts.nats;
    this.fleet = parts.fleet;
    this.agents = parts.agents;
    this.auditDisks = parts.auditDisks;
    this.clocks = parts.clocks;
    this.apis = parts.apis;
    this.userKeys = parts.userKeys;
    this.operatorKey = parts.operatorKey;
    this.#clientNamespace = parts.clientNamespace;
    this.#clientLog = parts.clientLog;
  }

  /**
   * Starts everything but the clients. `undo` receives what must be done at the end, in reverse order, also when this fails.
   * @throws {KernelLabError} `notReady`, `commandFailed`
   */
  static async start(
    options: ChaosSystemOptions,
    { world }: { readonly world: SimulatedWorld },
    undo: (() => Promise<void>)[],
  ): Promise<ChaosSystem> {
    const { directory, onProgress: say } = options;
    // The processes of the controller and of PostgreSQL have different users.
    chmodSync(directory, 0o755);
    const clockFiles = join(directory, 'clocks');
    mkdirSync(clockFiles);
    const clocks = new Map(TARGETS.clocks.map((name) => [name, new WallClock(join(clockFiles, name))]));
    const log = (name: string): string => join(directory, `${name}.log`);
    const vantagePoints = world.internet.places.vantagePoints.slice(0, options.vantagePoints);
    // The last vantage points run the agent program.
    const simulated = vantagePoints.slice(0, -AGENTS.length);
    const hosts = [...world.sources, ...simulated].map(({ address }) => formatIpv4(address));
    const network = await StarNetwork.up({ prefix: options.prefix });
    undo.push(() => network.down());
    const environment = (await options.prepare?.(network)) ?? {};
    const postgres = await PostgresPair.start(network, log);
    undo.push(() => postgres.remove());
    await registerHosts(postgres.primary.localUrl, world.sources, vantagePoints);
    const userKeys = await addUsers(postgres.primary.localUrl, options.users);
    await countEndings(postgres.primary.localUrl);
    const natsHost = await network.add(NATS);
    const { process: nats, url: natsUrl } = await startNats(natsHost.namespace, natsHost.address, log(NATS));
    say('PostgreSQL with a replica, and NATS, are running');

    const operatorKey = generateApiKey();
    const [postgresAddress] = network.addressesOf('postgres');
    const shared = {
      ...(await sharedEnvironment(directory, world)),
      REVTR_DATABASE: `postgres://revtr@${postgresAddress}/postgres`,
      REVTR_BUS: natsUrl,
      REVTR_OPERATOR_KEY: operatorKey,
    };
    const controllers = new Map<string, ManagedProcess>();
    const auditDisks = new Map<string, SmallDisk>();
    let isOver = false;
    /** Starts a process again after a while, as a service manager does. */
    const startAgain = (program: ManagedProcess): void =>
      void setTimeout(() => {
        if (!isOver && !program.isRunning) program.start();
      }, RESTART_MS);
    const addController = async (role: Role, name: string): Promise<void> => {
      const { namespace, address } = await network.add(name);
      const disk = new SmallDisk({ mib: AUDIT_MIB });
      undo.push(async () => disk.remove());
      auditDisks.set(name, disk);
      const own: Environment = {
        ...shared,
        REVTR_ROLES: role,
        REVTR_HOST: address,
        REVTR_PORT: String(API_PORT),
        REVTR_GATEWAY_HOST: address,
        REVTR_GATEWAY_PORT: String(GATEWAY_PORT),
        REVTR_HEALTH_HOST: address,
        REVTR_HEALTH_PORT: String(HEALTH_PORT),
        REVTR_AUDIT_DIRECTORY: join(disk.directory, 'audit'),
        ...clocks.get(name)?.environment,
        ...environment,
      };
      const program = new ManagedProcess({
        namespace,
        command: [process.execPath, CONTROLLER],
        environment: own,
        logFile: log(name),
        onEnd: () => {
          if (!hasRefusedToStart(program)) options.onDeath(name);
          startAgain(program);
        },
      });
      controllers.set(name, program);
    };
    undo.push(async () => {
      isOver = true;
    });
    undo.push(async () => void (await Promise.all([...controllers.values(), nats].map((each) => each.kill()))));
    for (const role of ROLES) for (const name of namesOf(role)) await addController(role, name);
    // The first gateway creates the certificate authority that all gateways share.
    await started(controllers, 'gateway1');
    await Promise.all(
      [...controllers.keys()].filter((name) => name !== 'gateway1').map((name) => started(controllers, name)),
    );
    say(`${PER_ROLE} processes of each role are running: ${ROLES.join(', ')}`);

    const gatewayHosts = namesOf('gateway').map((name) => network.addressesOf(name)[0]);
    const fleetHost = await network.add(FLEET, hosts);
    const agentHosts = await addAgentHosts(
      network,
      vantagePoints.slice(-AGENTS.length).map(({ address }) => formatIpv4(address)),
    );
    const fleet = fleetProcess(
      { namespace: fleetHost.namespace, directory, environment: clocks.get(FLEET)?.environment ?? {} },
      {
        ...{ size: options.size, seed: options.worldSeed, agents: hosts },
        gateways: gatewayHosts.map((host) => ({ host, port: GATEWAY_PORT })),
        attached: agentHosts.map(({ namespace, address }) => ({ namespace, address })),
      },
    );
    undo.push(() => fleet.kill());
    fleet.start();
    await untilReady('the simulated Internet of the agents', () => areAttached(agentHosts));
    const agents = new Map(
      agentHosts.map(({ name, namespace, gateway: controller }) => {
        const root = join(directory, 'authority', 'root.crt');
        const place = { namespace, own: join(directory, name), environment: clocks.get(name)?.environment ?? {} };
        const agent = createAgent({ ...place, controller, root }, () => {
          if (!hasRefusedToStart(agent)) options.onDeath(name);
          startAgain(agent);
        });
        return [name, agent];
      }),
    );
    undo.push(async () => void (await Promise.all([...agents.values()].map((agent) => agent.kill()))));
    for (const agent of agents.values()) agent.start();
    say(`the agents are running: those of ${hosts.length} hosts in one process, and ${AGENTS.join(', ')}`);
    const apis = namesOf('api').map((name) => `http://${network.addressesOf(name)[0]}:${API_PORT}`);
    const { namespace: clientNamespace } = await network.add(CLIENTS);
    return new ChaosSystem({
      ...{
        network,
        postgres,
        world,
        controllers,
        nats,
        fleet,
        agents,
        auditDisks,
        clocks,
        apis,
        userKeys,
        operatorKey,
      },
      ...{ clientNamespace, clientLog: log(CLIENTS) },
    });
  }

  /** The clients of a run, which are not started yet. `onEnd` is called when they end. */
  campaign(
    settings: Omit<CampaignSettings, 'apis' | 'keys' | 'operatorKey'>,
    onEnd: (end: ProgramEnd) => void,
  ): ManagedProcess {
    const { userKeys, operatorKey } = this;
    const all: CampaignSettings = { ...settings, apis: [...this.apis], keys: [...userKeys], operatorKey };
    return new ManagedProcess({
      namespace: this.#clientNamespace,
      command: [process.execPath, CAMPAIGN_PROGRAM],
      environment: { [CAMPAIGN_SETTINGS]: JSON.stringify(all) },
      logFile: this.#clientLog,
      onEnd,
    });
  }
}

async function started(controllers: ReadonlyMap<string, ManagedProcess>, name: string): Promise<void> {
  const found = controllers.get(name);
  found?.start();
  await untilReady(name, () => found?.log.includes('"msg":"started"') === true);
}

/** Whether a program ended with a sentence, as it does when what it needs is away while it starts: the database, the bus, or scamper. */
const hasRefusedToStart = (program: ManagedProcess): boolean =>
  /^revtr-(controller|agent): /.test(program.log.trimEnd().split('\n').at(-1) ?? '');

/** Adds users without limits, and returns their API keys. */
async function addUsers(url: string, count: number): Promise<string[]> {
  const most = 1_000_000_000;
  const database = await openDatabase(parseDatabaseSettings(url));
  try {
    const users = new Users(database.db);
    const keys: string[] = [];
    for (let i = 0; i < count; i++) {
      const limits = { max_per_day: most, max_parallel: most, max_per_minute: most };
      const { id } = await users.ensure({ name: `User ${i}`, email: `user${i}@example.org`, role: 'user', ...limits });
      const key = generateApiKey();
      await users.addKey(id, hashApiKey(key));
      keys.push(key);
    }
    return keys;
  } finally {
    await database.close();
  }
}
