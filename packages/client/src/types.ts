import type { components, paths } from './generated/api.ts';

type Schemas = components['schemas'];

/** A measurement and, when it has ended, its result. */
export type Measurement = Schemas['Measurement'];
/** The result of a measurement: hops, statistics and the reason why it ended. */
export type MeasurementResult = NonNullable<Measurement['result']>;
/** A hop of a reverse path, from the destination towards the source. Times are in milliseconds, confidences between 0 and 1. */
export type Hop = MeasurementResult['hops'][number];
/** A measurement without its hops. */
export type MeasurementOutline = Schemas['MeasurementOutline'];
/** A part of the measurements of a batch. */
export type OutlinePage =
  paths['/api/v2/batches/{id}/measurements']['get']['responses'][200]['content']['application/json'];
/** A batch, and how many of its measurements have ended. */
export type BatchProgress =
  paths['/api/v2/batches']['get']['responses'][200]['content']['application/json']['batches'][number];
/** How long a batch waits. */
export type WaitingTime = Schemas['WaitingTime'];
/** What the cancellation of a batch did. */
export type Cancelled = paths['/api/v2/batches/{id}/cancel']['post']['responses'][200]['content']['application/json'];
/** A format in which the measurements of a batch are exported. */
export type ExportFormat = NonNullable<
  NonNullable<paths['/api/v2/batches/{id}/export']['get']['parameters']['query']>['format']
>;
/** Which measurements to find: those that meet all of the filters. */
export interface MeasurementFilters {
  /** Addresses. */
  readonly source?: string;
  readonly destination?: string;
  /** Prefix of the destination, such as `192.0.2.0/24`. */
  readonly prefix?: string;
  /** AS number on the path. */
  readonly asn?: number;
  readonly label?: string;
  /** Submitted at this time or later, in the form of RFC 3339. */
  readonly from?: string;
  /** Submitted before this time, in the form of RFC 3339. */
  readonly to?: string;
  readonly stopReason?: MeasurementResult['stopReason'];
  readonly batch?: number;
}
/** How measurements are found. */
export interface FindOptions {
  /** Default `oldest`: the first submitted come first. */
  readonly order?: 'oldest' | 'newest';
  /** Measurements in a page. Default 250, most 10,000. */
  readonly perPage?: number;
}
/** A published result. */
export type PublicResult = Schemas['PublicResult'];
/** How a result is published: its token and the addresses of its page and pictures. */
export type Publication = Schemas['Publication'];
/** The latest results of people without an account. */
export type RecentResults = paths['/api/v2/public-results']['get']['responses'][200]['content']['application/json'];
/** A batch and its measurements. */
export type Batch = Schemas['Batch'];
/** A pair to measure with its options, in the format of version 1 of the API. */
export type RequestedPair = Schemas['RunRevtrRequest']['revtrs'][number];
/** Results in the format of version 1 of the API. */
export type RevtrResponse = Schemas['GetRevtrResponse'];

type ProbesBody = NonNullable<paths['/api/v2/probes']['post']['requestBody']>['content']['application/json'];
/** Raw probes to send: all of one type. */
export interface NewProbes {
  readonly type: ProbesBody['type'];
  readonly probes: readonly ProbesBody['probes'][number][];
}
/** What the server answers to raw probes that it has stored. */
export type AcceptedProbes = paths['/api/v2/probes']['post']['responses'][202]['content']['application/json'];
/** The raw probes of a request, with their results. */
export type ProbeSet = Schemas['ProbeSet'];
/** A request for raw probes, and how many of them have ended. */
export type ProbeSetProgress =
  paths['/api/v2/probes']['get']['responses'][200]['content']['application/json']['sets'][number];
/** A raw probe. */
export type Probe = ProbeSet['probes'][number];

/** A registered source. */
export interface SourceInfo {
  readonly hostname?: string | undefined;
  readonly ip?: string | undefined;
  readonly site?: string | undefined;
}

/** An agent: the program that runs at a source or vantage point. */
export type Agent = Schemas['Agent'];
/** An agent with the results of its tests. */
export type AgentDetails = Schemas['AgentDetails'];
/** An application to host a source. */
export type Application = Schemas['Application'];
/** What an applicant submits. */
export type NewApplication = NonNullable<
  paths['/api/v2/sources/applications']['post']['requestBody']
>['content']['application/json'];
/** A traceroute that somebody published: origin, target, time, and hops to the target. */
export type PublishedTraceroute = NonNullable<
  paths['/api/v2/atlas/traceroutes']['post']['requestBody']
>['content']['application/json']['traceroutes'][number];
/** What became of published traceroutes. */
export type TracerouteImport = Schemas['TracerouteImport'];
/** A mail of the system, sent or waiting. */
export type Mail = paths['/api/v2/mails']['get']['responses'][200]['content']['application/json']['mails'][number];
/** A kill switch that is set. */
export type KillSwitch = Schemas['KillSwitch'];
/** A network that opted out of probing. */
export type OptOut = Schemas['OptOut'];
/** A request to opt out of somebody without an account. */
export type OptOutRequest = Schemas['OptOutRequest'];
/** The registered abuse contact of a network. */
export type AbuseContact = Schemas['AbuseContact'];
/** The limits of probing, and the subjects closest to their daily limits. */
export type Budgets = paths['/api/v2/budgets']['get']['responses'][200]['content']['application/json'];
/** A network whose probing is suspended. */
export type Circuit =
  paths['/api/v2/circuits']['get']['responses'][200]['content']['application/json']['circuits'][number];
/** How accurate the system is, by its self-audits. */
export type Accuracy = Schemas['Accuracy'];
/** Which self-audits an accuracy report covers. */
export type AccuracyQuery = NonNullable<paths['/api/v2/accuracy']['get']['parameters']['query']>;
/** A reverse traceroute from a host of the system, compared with the host's own traceroute. */
export type SelfAudit = Schemas['SelfAudit'];
/** A kind of hop that is suspended, because self-audits found too few of its hops right. */
export type Suspension = Schemas['Suspension'];
/** The atlas of a source: coverage, age and runs. */
export type Atlas = Schemas['Atlas'];
/** A run that measures the atlas of a source. */
export type AtlasRun = Schemas['AtlasRun'];
/** What an atlas run would measure, and its cost. */
export type AtlasEstimate =
  paths['/api/v2/atlas/{source}/estimate']['get']['responses'][200]['content']['application/json'];
/** A dataset: the file in use, and why the last attempt to replace it failed. */
export type Dataset = Schemas['Dataset'];
/** The state of the public archive. */
export type ArchiveStatus = Schemas['ArchiveStatus'];
/** Whether your results are published. */
export type ArchiveConsent = Schemas['ArchiveConsent'];
/** What an import of rows of an archive has done. */
export type ArchiveImport = Schemas['ArchiveImport'];
/** Users, hosts and atlas traceroutes of another system. */
export type Migration = Required<
  NonNullable<paths['/api/v2/migration']['post']['requestBody']>['content']['application/json']
>;
/** What became of the users, hosts and traceroutes of another system. */
export type MigrationReport = Schemas['MigrationReport'];
/** A result of another system. */
export type ImportedResult = Schemas['ImportedResult'];
/** Which results of other systems to list. */
export type ImportedResultQuery = NonNullable<paths['/api/v2/imported-results']['get']['parameters']['query']>;
/** A probe that was sent, for whom and by which agent. */
export type AuditRecord = Schemas['AuditRecord'];
/** A refusal, a login or an action of an operator. */
export type AuditEvent = Schemas['AuditEvent'];
/** Which probes to list. */
export type AuditQuery = NonNullable<paths['/api/v2/audit']['get']['parameters']['query']>;
/** Which events to list. */
export type AuditEventQuery = NonNullable<paths['/api/v2/audit/events']['get']['parameters']['query']>;
/** What was sent to a network that complained. */
export type AbuseReport = Schemas['AbuseReport'];

/** A user and the limits of the user's measurements. */
export type User = Schemas['User'];
/** The own account, and what the API key permits. */
export type Account = Schemas['Account'];
/** An API key without the key itself. */
export type ApiKey = Schemas['ApiKey'];
/** A new API key; no other answer contains the key. */
export type NewApiKey = Schemas['NewApiKey'];
/** What a new API key is called, what it permits (default: `read`, `measure` and `host`), and when it expires (default: never). */
export type NewKeyRequest = Body<'/api/v2/keys', 'post'>;
/** Whom an operator invites. */
export type UserInvitation = Body<'/api/v2/users', 'post'>;
/** What an operator changes about a user. */
export type UserChange = Body<'/api/v2/users/{id}', 'patch'>;
/** What a mailed link did. */
export type RedeemedLink = Schemas['RedeemedLink'];
/** A session of a browser. */
export type Session = Schemas['Session'];
/** A session of a browser that has not ended. */
export type OpenSession = Schemas['OpenSession'];
/** How much of one of the account's limits is used. */
export type LimitUse = Schemas['LimitUse'];
/** Measurements that have not ended, by user, and the processes that hold them. */
export type Queue = Schemas['Queue'];
/** The state of the whole system on one page. */
export type SystemStatus = Schemas['SystemStatus'];
/** A recurring measurement of one pair. */
export type Watch = Schemas['Watch'];
/** A watch to create. */
export type NewWatch = Body<'/api/v2/watches', 'post'>;
/** What changes about a watch. */
export type WatchUpdate = Body<'/api/v2/watches/{id}', 'patch'>;
/** One measurement of a watch, and what it shows. */
export type WatchRun = Schemas['WatchRun'];
/** A confirmed change. */
export type WatchChange = Schemas['WatchChange'];
/** A message about a watch, and how its delivery goes. */
export type WatchAlert = Schemas['WatchAlert'];
/** How a test delivery ended. */
export type WatchDelivery = paths['/api/v2/watches/{id}/test']['post']['responses'][200]['content']['application/json'];
/** Who may measure to a source. */
export type SourceVisibility = Schemas['SourceVisibility'];
/** A mail with the link that {@link Mail} leaves out. */
export type MailWithLink = Mail & { readonly token: string };
/** One record of an export: its type, and a row of the database. */
export interface AccountRecordLine {
  readonly type: string;
  readonly value: Readonly<Record<string, unknown>>;
}

type Body<Path extends keyof paths, Method extends keyof paths[Path]> = paths[Path][Method] extends {
  requestBody?: { content: { 'application/json': infer Content } };
}
  ? Content
  : never;
