import type { NatsSettings } from '@revtr/bus';
import { formatPrefix, type Ipv4Address, type Prefix, parseIpv4, parsePrefix } from '@revtr/net';
import { parseContact } from '@revtr/probing';
import { parseS3Url } from '@revtr/storage';
import { z } from 'zod';
import { type RipeAtlasSettings, streamUrlOf } from '../atlas/ripe-access.ts';
import { ROLES, type Role } from '../cluster/roles.ts';
import type { CredentialFiles } from '../foundation/credential-files.ts';
import { parsed } from '../foundation/parsed.ts';
import type { LegacyOptions } from '../measuring/legacy/legacy-gateway.ts';
import type { ProbeIdentity } from '../opt-outs/probe-identity.ts';
import type { ColdOptions } from '../results/cold-options.ts';
import { DEFAULT_SELF_AUDIT } from '../self-audit/self-auditor.ts';
import { DEFAULT_WATCHES, type WatchSettings } from '../watches/settings.ts';
import { DEFAULT_MAX_BATCH, DEFAULT_WEB_DIRECTORY } from './defaults.ts';

const listOf = <T>(parse: (text: string) => T) =>
  parsed((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .map(parse),
  ).prefault('');
const port = z.coerce.number().int().min(0).max(65_535);
/** The certificate name that the agents of revtr 2.0 expect as they were shipped. */
const DEFAULT_LEGACY_NAME = 'plcontroller.revtr.ccs.neu.edu';

/** Reads a DNS name of a certificate (RFC 5280 section 4.2.1.6). @throws {RangeError} */
function parseHostname(text: string): string {
  if (text.length > 253 || !/^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i.test(text))
    throw new RangeError(`'${text.slice(0, 100)}' is not a host name`);
  return text.toLowerCase();
}

/** @throws {RangeError} */
function parseRole(text: string): Role {
  const role = ROLES.find((role) => role === text);
  if (role === undefined)
    throw new RangeError(`'${text.slice(0, 100)}' is not a role: the roles are ${ROLES.join(', ')}`);
  return role;
}

const hours = z.coerce.number().positive();

/** The URL as it is understood, with a slash at its end: control characters, which a URL may end in, must not come to stand inside. */
function directoryUrl(text: string): string {
  const { href } = new URL(text);
  return href.endsWith('/') ? href : `${href}/`;
}

function checkedS3Url(text: string): string {
  parseS3Url(text);
  return text;
}

/** Text without spaces or line breaks: a signature with these is not valid, and an error about a header would quote it. */
const VISIBLE = /^[!-~]{1,1024}$/;
const REGION = /^[A-Za-z0-9-]{1,100}$/;

const settingsShape = z.object({
  /** Address and port of the API. */
  REVTR_HOST: z.string().min(1).default('127.0.0.1'),
  REVTR_PORT: port.default(8080),
  /** Path of a Unix socket for the API, in place of address and port. */
  REVTR_SOCKET: z.string().min(1).optional(),
  /** Address and port where health, readiness and metrics are served without the API; without a port, they are not. */
  REVTR_HEALTH_HOST: z.string().min(1).default('127.0.0.1'),
  REVTR_HEALTH_PORT: port.optional(),
  /** Files with certificate and key of the API; without them it speaks plain HTTP. */
  REVTR_TLS_CERTIFICATE: z.string().min(1).optional(),
  REVTR_TLS_KEY: z.string().min(1).optional(),
  /** Port of the gRPC interface of the original; without it, gRPC is not served. 0 takes any free port. */
  REVTR_GRPC_PORT: port.optional(),
  /** Address of the gRPC interface. Default: that of the API. */
  REVTR_GRPC_HOST: z.string().min(1).optional(),
  /** Files with certificate and key of the gRPC interface. Default: those of the API. */
  REVTR_GRPC_CERTIFICATE: z.string().min(1).optional(),
  REVTR_GRPC_KEY: z.string().min(1).optional(),
  /** Directory of the built web interface. */
  REVTR_WEB: z.string().min(1).default(DEFAULT_WEB_DIRECTORY),
  /** `postgres://…`, a directory for the embedded database, or `memory:`. */
  REVTR_DATABASE: z.string().min(1).default('.revtr/data'),
  /** What this process does, separated by commas. Default: everything. */
  REVTR_ROLES: parsed((text) => text.split(',').map((role) => parseRole(role.trim()))).prefault(ROLES.join(',')),
  /** NATS servers, `nats://user:password@host:4222`, separated by commas; without one, this process is alone. */
  REVTR_BUS: listOf((text) => text).pipe(z.array(z.url({ protocol: /^(nats|tls)$/ })).max(16)),
  /** File with the credentials of a NATS account. */
  REVTR_BUS_CREDENTIALS: z.string().min(1).optional(),
  /** Files of the certificate authority of the NATS servers, and of the certificate and key of this process; each makes TLS mandatory. */
  REVTR_BUS_CA: z.string().min(1).optional(),
  REVTR_BUS_CERTIFICATE: z.string().min(1).optional(),
  REVTR_BUS_KEY: z.string().min(1).optional(),
  /** Directory of the journal of the audit, for this process alone. */
  REVTR_AUDIT_DIRECTORY: z.string().min(1).default('.revtr/audit'),
  /** How long the audit is kept. */
  REVTR_AUDIT_DAYS: z.coerce.number().int().min(1).max(3_650).default(90),
  /** Proxies whose forwarding headers are believed, addresses or prefixes separated by commas. Default: none. */
  REVTR_TRUST_PROXY: listOf((text) => formatPrefix(text.includes('/') ? parsePrefix(text) : parsePrefix(`${text}/32`))),
  /** Base URL under which users reach the API. Default: the host of each request. */
  REVTR_PUBLIC_URL: z.url().optional(),
  /** E-mail address or URL of the people to contact about probes, at most 64 characters; every probe carries it. */
  REVTR_PROBE_CONTACT: parsed(parseContact).optional(),
  /** Name of the organisation that sends the probes, for the page about them. */
  REVTR_PROBE_OPERATOR: z.string().trim().min(1).max(200).optional(),
  REVTR_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Measurements under way at once. */
  REVTR_CONCURRENCY: z.coerce.number().int().min(1).max(100_000).default(500),
  /** A measurement that is still in the queue after so long is not measured any more. */
  REVTR_QUEUE_HOURS: hours.default(72),
  /** Most pairs in one request. */
  REVTR_MAX_BATCH: z.coerce.number().int().min(1).max(1_000_000).default(DEFAULT_MAX_BATCH),
  /** Address and port where agents connect. */
  REVTR_GATEWAY_HOST: z.string().min(1).default('0.0.0.0'),
  REVTR_GATEWAY_PORT: port.default(4380),
  /** Port that the scampers of agents of revtr 2.0 dial in to (`scamper -R`), usually 4381. Default: it is not opened. */
  REVTR_LEGACY_SCAMPER_PORT: port.optional(),
  /** Port on which agents of revtr 2.0 report replies (gRPC, `PLController.AcceptProbes`). Default: it is not opened. */
  REVTR_LEGACY_GRPC_PORT: port.optional(),
  /** Host names that agents of revtr 2.0 expect in the certificate, separated by commas. */
  REVTR_LEGACY_NAMES: listOf(parseHostname)
    .default([DEFAULT_LEGACY_NAME])
    .pipe(z.tuple([z.string()], z.string())),
  /** Files with certificate and key for agents of revtr 2.0. Default: the certificate authority of the controller certifies the names. */
  REVTR_LEGACY_CERTIFICATE: z.string().min(1).optional(),
  REVTR_LEGACY_KEY: z.string().min(1).optional(),
  /** Whether the scampers of agents of revtr 2.0 may connect without TLS. */
  REVTR_LEGACY_PLAINTEXT: z.stringbool().default(false),
  /** Packets per second that the controller lets each agent of revtr 2.0 send. */
  REVTR_LEGACY_RATE: z.coerce.number().int().min(1).max(10_000).default(50),
  /** Directory of the certificate authority; its `root.crt` is for agents. */
  REVTR_AUTHORITY: z.string().min(1).default('.revtr/authority'),
  /** API key of the operator, at least 24 characters. It replaces the one before. Default: a random key, printed once at the first start. */
  REVTR_OPERATOR_KEY: z.string().min(24).optional(),
  REVTR_OPERATOR_EMAIL: z.email().default('operator@localhost.localdomain'),
  /** Whether anybody with an e-mail address may become a user; otherwise operators invite users. */
  REVTR_SELF_REGISTRATION: z.stringbool().default(false),
  /** Measurements that people without an account may submit in a day from one client address; 0: they may not. */
  REVTR_VISITOR_MEASUREMENTS: z.coerce.number().int().min(0).max(100_000).default(0),
  /** Mail server, `smtp://user:password@host:587`; without one, mails wait for the operator to read. */
  REVTR_SMTP: z.url().optional(),
  REVTR_MAIL_FROM: z.string().min(3).default('Reverse Traceroute <revtr@localhost.localdomain>'),
  /** Directory of datasets; each file has the name of its kind. */
  REVTR_DATASETS: z.string().min(1).default('.revtr/datasets'),
  /** JSON file that says where datasets are fetched, and how often; without one, none are. */
  REVTR_DATASET_SOURCES: z.string().min(1).optional(),
  /** RIPE Atlas: `https://atlas.ripe.net/api/v2/`, or an emulator; without it RIPE Atlas is not used. */
  REVTR_RIPE_ATLAS_URL: z
    .url({ protocol: /^https?$/ })
    .transform(directoryUrl)
    .optional(),
  /** URL of the result stream. Default: the stream of RIPE Atlas, or the path `/stream/` of an emulator. */
  REVTR_RIPE_ATLAS_STREAM_URL: z.url({ protocol: /^wss?$/ }).optional(),
  /** The system's own key, for the first atlas of each source and for refreshing. */
  REVTR_RIPE_ATLAS_KEY: z.string().min(1).optional(),
  /** RIPE Atlas probes of one run. */
  REVTR_ATLAS_PROBES: z.coerce.number().int().min(1).max(20_000).default(1_000),
  /** Record Route pings to the hitlist that the background survey sends in an hour, all vantage points together. */
  REVTR_SURVEY_PROBES_PER_HOUR: z.coerce.number().int().min(0).max(10_000_000).default(3_600),
  /** Self-audits in a day: reverse traceroutes from hosts of this system, compared with their own traceroutes. */
  REVTR_SELF_AUDITS_PER_DAY: z.coerce.number().int().min(0).max(10_000).default(DEFAULT_SELF_AUDIT.perDay),
  /** RIPE Atlas credits that refreshing may cost the system in a day, all sources together. */
  REVTR_ATLAS_REFRESH_CREDITS: z.coerce.number().int().min(0).default(0),
  /** RIPE Atlas credits that traceroutes for single measurements may cost the system in a day; 0: measurements get none. */
  REVTR_ATLAS_ON_DEMAND_CREDITS: z.coerce.number().int().min(0).default(0),
  /** Most watches of one user. */
  REVTR_WATCHES_PER_USER: z.coerce.number().int().min(0).max(1_000).default(DEFAULT_WATCHES.perUser),
  /** How long the history of watches is kept, with the measurements of their runs. */
  REVTR_WATCH_HISTORY_DAYS: z.coerce.number().int().min(1).max(3_650).default(DEFAULT_WATCHES.historyDays),
  /** Whether webhooks may lead to internal addresses, and need no TLS; for test networks. */
  REVTR_INTERNAL_WEBHOOKS: z.stringbool().default(DEFAULT_WATCHES.allowsInternalWebhooks),
  /** Directory of the public archive; without one, no results are published there. */
  REVTR_ARCHIVE: z.string().min(1).optional(),
  /** How long results are kept, days; without it, for ever. */
  REVTR_RESULT_DAYS: z.coerce.number().int().min(1).max(36_500).optional(),
  /** Directory to which old results move; without it and the next one, all results stay in the database. */
  REVTR_COLD_DIRECTORY: z.string().min(1).optional(),
  /** Bucket to which old results move, `https://host/bucket` or `https://host/bucket/prefix`, in an object store with the API of Amazon S3. */
  REVTR_COLD_S3_URL: parsed(checkedS3Url).optional(),
  REVTR_COLD_S3_REGION: z.string().regex(REGION, 'must have letters, digits and hyphens only').default('us-east-1'),
  /** Access key of the bucket. */
  REVTR_COLD_S3_ACCESS_KEY_ID: z.string().regex(VISIBLE, 'must have visible ASCII characters only').optional(),
  REVTR_COLD_S3_SECRET_ACCESS_KEY: z.string().regex(VISIBLE, 'must have visible ASCII characters only').optional(),
  /** How long results stay in the database before they move, days. */
  REVTR_COLD_AFTER_DAYS: z.coerce.number().int().min(1).max(36_500).default(30),
  /** Addresses that answer pings, to test agents with; separated by commas. */
  REVTR_TEST_TARGETS: listOf(parseIpv4),
  /** Private prefixes that may be probed, for test networks; separated by commas. */
  REVTR_TEST_NETWORKS: listOf(parsePrefix),
  /** JSON file with the limits of probing; without one, the defaults hold. */
  REVTR_BUDGETS: z.string().min(1).optional(),
  /** How often an agent that works is tested again. */
  REVTR_RETEST_HOURS: hours.default(6),
  /** Length of the first quarantine of an agent whose tests fail. */
  REVTR_QUARANTINE_HOURS: hours.default(24),
});

/** What several processes share must be in a database and on a bus that all of them reach. */
const settingsSchema = settingsShape.superRefine((read, context) => {
  const { REVTR_ROLES: roles, REVTR_BUS: bus, REVTR_DATABASE: database } = read;
  const add = (path: string, message: string): void => context.addIssue({ code: 'custom', path: [path], message });
  if (read.REVTR_GRPC_PORT !== undefined && grpcFilesOf(read) === undefined)
    add(
      'REVTR_GRPC_CERTIFICATE',
      'is needed for gRPC, with REVTR_GRPC_KEY (or REVTR_TLS_CERTIFICATE and REVTR_TLS_KEY)',
    );
  if ((read.REVTR_LEGACY_CERTIFICATE === undefined) !== (read.REVTR_LEGACY_KEY === undefined))
    add('REVTR_LEGACY_KEY', 'and REVTR_LEGACY_CERTIFICATE are set together, or neither of them');
  const coldKeys = ['REVTR_COLD_S3_ACCESS_KEY_ID', 'REVTR_COLD_S3_SECRET_ACCESS_KEY'] as const;
  if (read.REVTR_COLD_S3_URL === undefined) {
    if (coldKeys.some((name) => read[name] !== undefined))
      add('REVTR_COLD_S3_URL', `is needed with ${coldKeys.join(' and ')}`);
  } else {
    if (read.REVTR_COLD_DIRECTORY !== undefined)
      add('REVTR_COLD_S3_URL', 'and REVTR_COLD_DIRECTORY exclude each other');
    for (const name of coldKeys) if (read[name] === undefined) add(name, 'is needed with REVTR_COLD_S3_URL');
  }
  const isPart = ROLES.some((role) => !roles.includes(role));
  if (isPart && bus.length === 0) add('REVTR_BUS', 'is needed for a process that has not all roles (REVTR_ROLES)');
  if ((isPart || bus.length > 0) && !/^postgres(ql)?:/.test(database))
    add('REVTR_DATABASE', 'must be a PostgreSQL server (postgres://…) for a controller of several processes');
});

/** Settings of the controller, read from the environment. */
export interface Settings {
  readonly host: string;
  readonly port: number;
  readonly socket: string | undefined;
  /** Where health, readiness and metrics are served without the API; `undefined`: nowhere. */
  readonly health: { readonly host: string; readonly port: number } | undefined;
  readonly tls: CredentialFiles | undefined;
  /** `undefined` where gRPC is not served. */
  readonly grpc: GrpcSettings | undefined;
  readonly trustProxy: readonly string[];
  readonly webDirectory: string;
  readonly database: string;
  readonly roles: ReadonlySet<Role>;
  /** `undefined` where this process is alone. */
  readonly bus: Pick<NatsSettings, 'servers' | 'credentialsFile' | 'tls'> | undefined;
  readonly audit: { readonly directory: string | undefined; readonly days: number };
  readonly publicUrl: string | undefined;
  readonly probeIdentity: ProbeIdentity;
  readonly logLevel: string;
  readonly concurrency: number;
  readonly maxBatch: number;
  readonly longestWaitMs: number;
  readonly gateway: {
    readonly host: string;
    readonly port: number;
    readonly authority: string;
    /** `undefined` where agents of revtr 2.0 are not served. */
    readonly legacy: LegacyOptions | undefined;
  };
  readonly operator: { readonly key: string | undefined; readonly email: string };
  readonly selfRegistration: boolean;
  readonly visitorMeasurementsPerDay: number;
  readonly mail: { readonly url: string; readonly from: string } | undefined;
  readonly datasets: { readonly directory: string; readonly sourcesFile: string | undefined };
  /** `undefined` where RIPE Atlas is not used. */
  readonly ripeAtlas: RipeAtlasSettings | undefined;
  readonly surveyProbesPerHour: number;
  readonly selfAuditsPerDay: number;
  readonly watches: WatchSettings;
  /** `undefined` where there is no public archive. */
  readonly archive: { readonly directory: string } | undefined;
  /** How long results are kept, days; `undefined`: for ever. */
  readonly resultDays: number | undefined;
  /** Where results are that are older than `afterDays`; `undefined`: in the database. */
  readonly cold: ColdOptions | undefined;
  readonly testTargets: readonly Ipv4Address[];
  readonly testNetworks: readonly Prefix[];
  readonly budgetsFile: string | undefined;
  readonly retestMs: number;
  readonly quarantineMs: number;
}

/** Where the gRPC interface listens, and the files with its certificate and key. */
interface GrpcSettings extends CredentialFiles {
  readonly host: string;
  readonly port: number;
}

const HOUR_MS = 3_600_000;

function busOf(read: z.infer<typeof settingsShape>): Settings['bus'] {
  const { REVTR_BUS_CA: caFile, REVTR_BUS_CERTIFICATE: certificateFile, REVTR_BUS_KEY: keyFile } = read;
  const isTls = caFile !== undefined || certificateFile !== undefined || keyFile !== undefined;
  return {
    servers: read.REVTR_BUS,
    credentialsFile: read.REVTR_BUS_CREDENTIALS,
    tls: isTls ? { caFile, certificateFile, keyFile } : undefined,
  };
}

function legacyOf(read: z.infer<typeof settingsShape>): LegacyOptions | undefined {
  const { REVTR_LEGACY_SCAMPER_PORT: scamperPort, REVTR_LEGACY_GRPC_PORT: grpcPort } = read;
  if (scamperPort === undefined && grpcPort === undefined) return undefined;
  return {
    scamperPort,
    grpcPort,
    names: read.REVTR_LEGACY_NAMES,
    credentialFiles: filesOf(read.REVTR_LEGACY_CERTIFICATE, read.REVTR_LEGACY_KEY),
    acceptsPlaintext: read.REVTR_LEGACY_PLAINTEXT,
    packetsPerSecond: read.REVTR_LEGACY_RATE,
  };
}

function coldOf(read: z.infer<typeof settingsShape>): ColdOptions | undefined {
  const { REVTR_COLD_DIRECTORY: directory, REVTR_COLD_S3_URL: url, REVTR_COLD_AFTER_DAYS: afterDays } = read;
  if (directory !== undefined) return { place: { directory }, afterDays };
  const { REVTR_COLD_S3_ACCESS_KEY_ID: accessKeyId, REVTR_COLD_S3_SECRET_ACCESS_KEY: secretAccessKey } = read;
  if (url === undefined || accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { place: { s3: { url, region: read.REVTR_COLD_S3_REGION, accessKeyId, secretAccessKey } }, afterDays };
}

function grpcOf(read: z.infer<typeof settingsShape>): GrpcSettings | undefined {
  const { REVTR_GRPC_PORT: port, REVTR_GRPC_HOST: host = read.REVTR_HOST } = read;
  const files = grpcFilesOf(read);
  return port === undefined || files === undefined ? undefined : { host, port, ...files };
}

const grpcFilesOf = (read: z.infer<typeof settingsShape>): CredentialFiles | undefined =>
  filesOf(read.REVTR_GRPC_CERTIFICATE ?? read.REVTR_TLS_CERTIFICATE, read.REVTR_GRPC_KEY ?? read.REVTR_TLS_KEY);

const filesOf = (certificateFile: string | undefined, keyFile: string | undefined): CredentialFiles | undefined =>
  certificateFile === undefined || keyFile === undefined ? undefined : { certificateFile, keyFile };

/** Reads the settings. @throws {z.ZodError} naming each bad variable */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const read = settingsSchema.parse(environment);
  const { REVTR_RIPE_ATLAS_URL: ripeAtlasUrl } = read;
  const { REVTR_SMTP: url } = read;
  return {
    host: read.REVTR_HOST,
    port: read.REVTR_PORT,
    socket: read.REVTR_SOCKET,
    health:
      read.REVTR_HEALTH_PORT === undefined ? undefined : { host: read.REVTR_HEALTH_HOST, port: read.REVTR_HEALTH_PORT },
    tls: filesOf(read.REVTR_TLS_CERTIFICATE, read.REVTR_TLS_KEY),
    grpc: grpcOf(read),
    trustProxy: read.REVTR_TRUST_PROXY,
    webDirectory: read.REVTR_WEB,
    database: read.REVTR_DATABASE,
    roles: new Set(read.REVTR_ROLES),
    bus: read.REVTR_BUS.length === 0 ? undefined : busOf(read),
    audit: {
      directory: read.REVTR_DATABASE === 'memory:' ? undefined : read.REVTR_AUDIT_DIRECTORY,
      days: read.REVTR_AUDIT_DAYS,
    },
    publicUrl: read.REVTR_PUBLIC_URL,
    probeIdentity: { contact: read.REVTR_PROBE_CONTACT, operator: read.REVTR_PROBE_OPERATOR },
    logLevel: read.REVTR_LOG_LEVEL,
    concurrency: read.REVTR_CONCURRENCY,
    maxBatch: read.REVTR_MAX_BATCH,
    longestWaitMs: read.REVTR_QUEUE_HOURS * HOUR_MS,
    gateway: {
      host: read.REVTR_GATEWAY_HOST,
      port: read.REVTR_GATEWAY_PORT,
      authority: read.REVTR_AUTHORITY,
      legacy: legacyOf(read),
    },
    operator: { key: read.REVTR_OPERATOR_KEY, email: read.REVTR_OPERATOR_EMAIL },
    selfRegistration: read.REVTR_SELF_REGISTRATION,
    visitorMeasurementsPerDay: read.REVTR_VISITOR_MEASUREMENTS,
    mail: url === undefined ? undefined : { url, from: read.REVTR_MAIL_FROM },
    datasets: { directory: read.REVTR_DATASETS, sourcesFile: read.REVTR_DATASET_SOURCES },
    ripeAtlas:
      ripeAtlasUrl === undefined
        ? undefined
        : {
            url: ripeAtlasUrl,
            streamUrl: read.REVTR_RIPE_ATLAS_STREAM_URL ?? streamUrlOf(ripeAtlasUrl),
            key: read.REVTR_RIPE_ATLAS_KEY,
            probes: read.REVTR_ATLAS_PROBES,
            refreshCreditsPerDay: read.REVTR_ATLAS_REFRESH_CREDITS,
            onDemandCreditsPerDay: read.REVTR_ATLAS_ON_DEMAND_CREDITS,
          },
    surveyProbesPerHour: read.REVTR_SURVEY_PROBES_PER_HOUR,
    selfAuditsPerDay: read.REVTR_SELF_AUDITS_PER_DAY,
    watches: {
      perUser: read.REVTR_WATCHES_PER_USER,
      historyDays: read.REVTR_WATCH_HISTORY_DAYS,
      allowsInternalWebhooks: read.REVTR_INTERNAL_WEBHOOKS,
    },
    resultDays: read.REVTR_RESULT_DAYS,
    cold: coldOf(read),
    archive: read.REVTR_ARCHIVE === undefined ? undefined : { directory: read.REVTR_ARCHIVE },
    testTargets: read.REVTR_TEST_TARGETS,
    testNetworks: read.REVTR_TEST_NETWORKS,
    budgetsFile: read.REVTR_BUDGETS,
    retestMs: read.REVTR_RETEST_HOURS * HOUR_MS,
    quarantineMs: read.REVTR_QUARANTINE_HOURS * HOUR_MS,
  };
}
