import {
  type AddressFacts,
  type AuditOptions,
  Controller,
  type ControllerCollaborators,
  type ControllerOptions,
  type Datasets,
  DEFAULT_LIFE_CYCLE,
  DEFAULT_USER_LIMITS,
  type OpenMeasuringSystem,
  type RipeAtlasSettings,
  type SafetySettings,
  toUserColumns,
  UNLIMITED_USER_LIMITS,
} from '@revtr/controller';
import { parseIpv4 } from '@revtr/net';
import { type Clock, systemClock, type TargetPolicy } from '@revtr/probing';
import {
  type Database,
  type DatabaseCollaborators,
  generateApiKey,
  hashApiKey,
  openDatabase,
  parseDatabaseSettings,
} from '@revtr/storage';
import type { Logger } from 'pino';

export interface SystemOptions {
  readonly host: string;
  /** TCP port of the API; 0 selects a free port. */
  readonly port: number;
  /** Database setting, for instance `memory:`. */
  readonly database: string;
  /** Reverse traceroutes that run at the same time. */
  readonly concurrency: number;
  /** Access to RIPE Atlas or to an emulator of it. Default: none. */
  readonly ripeAtlas?: RipeAtlasSettings | undefined;
  /** The audit. Default: it has no journal, and is kept for 90 days. */
  readonly audit?: Partial<AuditOptions>;
  /** Largest number of pairs in one request. Default: 20,000. */
  readonly maxBatch?: number;
  /** Measurements a day that people without an account may submit from one client address. Default: none. */
  readonly visitorMeasurementsPerDay?: number;
  /** Proxies whose forwarding headers are believed. Default: none. */
  readonly trustProxy?: readonly string[];
  /** Where health, readiness and metrics are served without the API. Default: nowhere. */
  readonly health?: ControllerOptions['health'];
  /** The gRPC interface. Default: it is not served. */
  readonly grpc?: ControllerOptions['grpc'];
  /** Directory of the built web interface. Default: none is served. */
  readonly webDirectory?: string;
  /** Base URL under which users reach the API. Default: the host of each request. */
  readonly publicUrl?: string;
  /** Who sends the probes. Default: pages do not say it. */
  readonly probeIdentity?: ControllerOptions['probeIdentity'];
  /** Looks up proofs in reverse zones. Default: the resolver of this machine. */
  readonly reverseDns?: ControllerCollaborators['reverseDns'];
  /** How often hosts are audited. Default: never. */
  readonly selfAudit?: ControllerOptions['selfAudit'];
  /** Limits of watches. Default: those of the controller. */
  readonly watches?: ControllerOptions['watches'];
  /** How long results are kept, days. Default: for ever. */
  readonly resultDays?: number;
  /** How long other records are kept. Default: as long as those of a controller. */
  readonly retention?: ControllerOptions['retention'];
  /** The public archive. Default: there is none. */
  readonly archive?: ControllerOptions['archive'];
  /** Where old results are. Default: in the database. */
  readonly cold?: ControllerOptions['cold'];
  /** Limits of probing. */
  readonly safety: SafetySettings;
  /** Sources to register. */
  readonly sources: readonly HostToRegister[];
  /** Vantage points to register. Default: none. */
  readonly vantagePoints?: readonly HostToRegister[];
  /** Whether anybody with an e-mail address may become a user. Default false. */
  readonly selfRegistration?: boolean;
}

/** A host that becomes a source or a vantage point. The address is a dotted quad. */
interface HostToRegister {
  readonly address: string;
  readonly hostname: string;
  readonly site: string;
}

/** A running system in this process: database, controller and API. */
export interface System {
  /** Address of the API. */
  readonly url: string;
  /** API key of an operator without limits. */
  readonly key: string;
  readonly controller: Controller;
  readonly database: Database;
  stop(): Promise<void>;
}

const OPERATOR = {
  name: 'Lab',
  email: 'lab@revtr.example',
  role: 'operator',
  ...toUserColumns(UNLIMITED_USER_LIMITS),
} as const;

/**
 * Opens the database, and starts a controller and its API with the given measuring system. Closes the database when the start
 * fails.
 * @throws {StorageError} when the database cannot be opened
 */
export async function startSystem(
  options: SystemOptions,
  collaborators: {
    readonly measuring: OpenMeasuringSystem;
    readonly facts: AddressFacts;
    readonly datasets: Datasets;
    readonly targetPolicy: TargetPolicy;
    /** Default: the clock of the machine. */
    readonly clock?: Clock;
    /** Default: mails wait for the operator. */
    readonly sendMail?: ControllerCollaborators['sendMail'];
    /** What the database works with. */
    readonly forDatabase?: DatabaseCollaborators;
    readonly log: Logger;
  },
): Promise<System> {
  const { host, port, concurrency, maxBatch = 20_000 } = options;
  const database = await openDatabase(parseDatabaseSettings(options.database), collaborators.forDatabase);
  const settings = {
    listen: { host, port },
    visitorMeasurementsPerDay: options.visitorMeasurementsPerDay,
    grpc: options.grpc,
    webDirectory: options.webDirectory,
    trustProxy: options.trustProxy,
    health: options.health,
    publicUrl: options.publicUrl,
    selfRegistration: options.selfRegistration,
    probeIdentity: options.probeIdentity,
    concurrency,
    maxBatch,
    newUserLimits: DEFAULT_USER_LIMITS,
    lifeCycle: DEFAULT_LIFE_CYCLE,
    audit: { directory: undefined, days: 90, ...options.audit },
    ripeAtlas: options.ripeAtlas,
    surveyProbesPerHour: 0,
    selfAudit: options.selfAudit,
    watches: options.watches,
    resultDays: options.resultDays,
    retention: options.retention,
    archive: options.archive,
    cold: options.cold,
    safety: options.safety,
  };
  try {
    const controller = await Controller.create(settings, {
      database,
      clock: systemClock,
      reverseDns: options.reverseDns,
      ...collaborators,
    });
    const register = async (hosts: readonly HostToRegister[], kind: 'source' | 'vantagePoint'): Promise<void> => {
      for (const host of hosts)
        await controller.agents.put({ ...host, address: parseIpv4(host.address), kind, user_id: null, state: 'ready' });
    };
    await register(options.sources, 'source');
    await register(options.vantagePoints ?? [], 'vantagePoint');
    const user = await controller.users.ensure(OPERATOR);
    const key = generateApiKey();
    await controller.users.addKey(user.id, hashApiKey(key));
    const url = await controller.start();
    const stop = async (): Promise<void> => {
      await controller.stop();
      await database.close();
    };
    return { url, key, controller, database, stop };
  } catch (error) {
    await database.close();
    throw error;
  }
}
