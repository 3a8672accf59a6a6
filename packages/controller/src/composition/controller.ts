import { randomInt } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { DeploymentCalibration } from '@revtr/engine';
import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { createRandom } from '@revtr/probing';
import type { ApiKeys, Users } from '@revtr/storage';
import { NO_TRACING } from '@revtr/tracing';
import type { Logger } from 'pino';
import type { AgentDirectory } from '../agents/directory.ts';
import { alone } from '../cluster/cluster.ts';
import { Metrics } from '../foundation/metrics.ts';
import { RecipientLimit } from '../foundation/recipient-limit.ts';
import type { ProbeIdentity } from '../opt-outs/probe-identity.ts';
import { DEFAULT_RETENTION } from '../retention/retention.ts';
import { NO_SELF_AUDIT } from '../self-audit/self-auditor.ts';
import { DEFAULT_WATCHES } from '../watches/settings.ts';
import { type Context, contextOf } from './context.ts';
import type { ControllerCollaborators, ControllerOptions } from './controller-options.ts';
import { openDuty } from './duties.ts';
import { openAccounts } from './open-accounts.ts';
import { openAgents } from './open-agents.ts';
import { type ApiSubsystem, openApi } from './open-api.ts';
import { openArchive } from './open-archive.ts';
import { openAtlas } from './open-atlas.ts';
import { openCluster } from './open-cluster.ts';
import { openCold } from './open-cold.ts';
import { openFacts } from './open-facts.ts';
import { openHealth } from './open-health.ts';
import { openMail } from './open-mail.ts';
import { type MeasurementsSubsystem, openMeasurements } from './open-measurements.ts';
import { type MeasuringSubsystem, openMeasuring } from './open-measuring.ts';
import { openOperations } from './open-operations.ts';
import { openOptOuts } from './open-opt-outs.ts';
import { openProbes } from './open-probes.ts';
import { openPublications } from './open-publications.ts';
import { openRecords } from './open-records.ts';
import { openResults } from './open-results.ts';
import { openSafety } from './open-safety.ts';
import { openSelfAudit } from './open-self-audit.ts';
import { openSources } from './open-sources.ts';
import { openSurvey } from './open-survey.ts';
import { openWatches } from './open-watches.ts';
import { type PlacedSubsystem, subsystemsHere } from './placed-subsystem.ts';
import type { Subsystem } from './subsystem.ts';

const UNKNOWN_IDENTITY: ProbeIdentity = { contact: undefined, operator: undefined };
/** Each query for a proof in a reverse zone waits this long, milliseconds, and is sent twice at most. */
const REVERSE_QUERY = { timeout: 2_000, tries: 2 };

/** The central system, or the part of it that the roles of this process name: API, queue, engine and gateway. */
export class Controller {
  readonly users: Users;
  readonly keys: ApiKeys;
  readonly agents: AgentDirectory;
  readonly #subsystems: readonly Subsystem[];
  readonly #measuring: MeasuringSubsystem;
  readonly #measurements: MeasurementsSubsystem;
  readonly #api: ApiSubsystem;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #settling: Promise<void> = Promise.resolve();

  private constructor(parts: {
    readonly users: Users;
    readonly keys: ApiKeys;
    readonly subsystems: readonly Subsystem[];
    readonly measuring: MeasuringSubsystem;
    readonly measurements: MeasurementsSubsystem;
    readonly api: ApiSubsystem;
    readonly log: Logger;
  }) {
    this.users = parts.users;
    this.keys = parts.keys;
    this.agents = parts.measuring.directory;
    this.#subsystems = parts.subsystems;
    this.#measuring = parts.measuring;
    this.#measurements = parts.measurements;
    this.#api = parts.api;
    this.#log = parts.log;
  }

  /** Opens all subsystems. None works before {@link start}. */
  static async create(options: ControllerOptions, collaborators: ControllerCollaborators): Promise<Controller> {
    const { database, datasets, facts, targetPolicy, clock, log } = collaborators;
    if (targetPolicy.warning !== undefined) log.warn(targetPolicy.warning);
    const metrics = new Metrics();
    const random = createRandom(randomInt(2 ** 31));
    const cold = openCold(options.cold, { metrics, log: log.child({ subsystem: 'results' }) });
    const { tracing = NO_TRACING } = collaborators;
    const { retention = DEFAULT_RETENTION } = options;
    const isolated = { database, datasets, facts, targetPolicy, metrics, clock, random, log, cold, tracing };
    const cluster = openCluster(
      { ...isolated, log: log.child({ subsystem: 'cluster' }) },
      collaborators.cluster ?? alone({ clock, log }),
    );
    const context: Context = { ...isolated, cluster: cluster.parts };
    const upkeepDuty = openDuty({ name: 'upkeep', role: 'atlas', audit: undefined }, cluster.parts, clock);
    const mailDuty = openDuty({ name: 'mail', role: 'mail', audit: undefined }, cluster.parts, clock);
    const owned = (): readonly string[] => sources?.owned() ?? [];
    const owns = (source: Ipv4Address): boolean => sources?.owns(formatIpv4(source)) ?? !cluster.parts.isShared;
    const calibration = new DeploymentCalibration();
    const mail = openMail({ ...contextOf(context, 'mail'), clock: mailDuty.clock }, options, collaborators.sendMail);
    const safety = await openSafety(contextOf(context, 'safety'), options, {
      isOwn: (address) => measuring.directory.participates(address),
      isLegacy: (address) => measuring.directory.find(address)?.legacy === true,
      ownerOf: (address) => measuring.directory.findRegistered(address)?.user_id,
    });
    const measuring = await openMeasuring(contextOf(context, 'measuring'), collaborators.measuring, {
      safety,
      testTargets: options.lifeCycle.testTargets,
      calibration,
    });
    const atlasDuty = openDuty({ name: 'atlas', role: 'atlas', audit: safety.audit }, cluster.parts, clock);
    const knowledge = openFacts(context);
    const atlasParts = { measuring, recorded: safety.recorded };
    const atlas = await openAtlas(contextOf(context, 'atlas'), atlasParts, options.ripeAtlas, owns, retention);
    const recipients = new RecipientLimit({ clock });
    const agents = openAgents(contextOf(context, 'agents'), options, {
      duty: atlasDuty,
      measuring,
      safety,
      atlas: atlas.all,
      notices: mail.notices,
      recipients,
    });
    const accounts = await openAccounts(contextOf(context, 'accounts'), options, {
      mail,
      applications: agents.applications.decisions,
      recipients,
    });
    const surveying = { system: measuring.system, canRecord: () => safety.audit.canRecord };
    const surveyed = { probesPerHour: options.surveyProbesPerHour, keptDays: retention.rankingDays };
    const { ranking, survey } = await openSurvey(contextOf(context, 'survey'), surveying, surveyed, atlasDuty);
    const measurements = await openMeasurements(
      contextOf(context, 'measurements'),
      {
        measuring,
        safety,
        owners: atlas.owners,
        onDemand: atlas.onDemand,
        isPublic: (owner) => accounts.visitors.isVisitor(owner),
        owned,
      },
      options,
    );
    const selfAudit = await openSelfAudit(contextOf(context, 'selfAudit'), options.selfAudit ?? NO_SELF_AUDIT, {
      calibration,
      measuring,
      measurements,
      safety,
      mail,
      owns,
      retention,
    });
    const isEngine = cluster.parts.isShared && cluster.parts.roles.has('engine');
    const sources = isEngine ? openSources(cluster.parts, { measuring, atlas, measurements, selfAudit }) : undefined;
    const probes = await openProbes(
      contextOf(context, 'probes'),
      { measuring, safety },
      { ...options, keepDays: retention.probeDays },
    );
    const publications = openPublications(contextOf(context, 'publications'), {
      submission: measurements.submission,
      directory: measuring.directory,
      visitors: accounts.visitors,
    });
    const archive = openArchive({ ...contextOf(context, 'archive'), clock: upkeepDuty.clock }, options.archive, {
      measuring,
      visitors: accounts.visitors,
    });
    const records = openRecords(
      { ...contextOf(context, 'records'), clock: upkeepDuty.clock },
      { retention, auditDays: options.audit.days },
    );
    const results = openResults({ ...contextOf(context, 'results'), clock: upkeepDuty.clock }, options);
    const watches = openWatches(
      contextOf(context, 'watches'),
      { ...(options.watches ?? DEFAULT_WATCHES), publicUrl: options.publicUrl },
      { accounts, measuring, measurements, mail, resolveWebhook: collaborators.resolveWebhook, duty: upkeepDuty },
    );
    const dns = collaborators.reverseDns ?? new Resolver(REVERSE_QUERY);
    const optOuts = openOptOuts(
      contextOf(context, 'optOuts'),
      { publicUrl: options.publicUrl, keepDays: retention.optOutRequestDays },
      { measuring, mail, dns, duty: upkeepDuty },
    );
    const operations = openOperations(contextOf(context, 'operations'), {
      queue: measurements.queue,
      mails: mail.mails,
      directory: measuring.directory,
      switches: safety.switches,
      audit: safety.audit,
      lock: collaborators.lock,
    });
    const health = openHealth(options.health, { readiness: operations.readiness, metrics });
    const api = await openApi(contextOf(context, 'api'), options, {
      ...accounts,
      state: operations.state,
      readiness: operations.readiness,
      cancelBatch: measurements.cancel,
      targetPolicy,
      sourceAccess: measuring.sourceAccess,
      audit: safety.audit,
      auditEvents: safety.auditEvents,
      submission: measurements.submission,
      batches: measurements.batches,
      finder: measurements.finder,
      publications: publications.service,
      pictures: publications.pictures,
      probes,
      archive: archive.archive,
      archiveRecords: archive.records,
      importedResults: archive.imported,
      queue: measurements.queue,
      waiting: measurements.waiting,
      directory: measuring.directory,
      tests: agents.tests,
      life: agents.life,
      applications: agents.applications,
      migration: agents.migration,
      mails: mail.mails,
      links: mail.links,
      optOuts: measuring.optOuts,
      optOutService: optOuts.service,
      optOutRequests: optOuts.requests,
      abuseContacts: optOuts.contacts,
      probeIdentity: options.probeIdentity ?? UNKNOWN_IDENTITY,
      switches: safety.switches,
      safety,
      selfAudits: selfAudit,
      watches,
      atlas: atlas.all,
      measuring: measuring.system,
      isCluster: cluster.parts.isShared,
      events: measurements.events,
      facts,
      datasets,
      clock,
      publicUrl: options.publicUrl,
    });
    const placed: readonly PlacedSubsystem[] = [
      { subsystem: health },
      { subsystem: cluster },
      { subsystem: mail, roles: ['mail'], duty: mailDuty },
      { subsystem: safety },
      { subsystem: measuring },
      { subsystem: knowledge },
      { subsystem: atlas, roles: ['engine'] },
      { subsystem: agents, roles: ['atlas'], duty: atlasDuty },
      { subsystem: ranking, roles: ['engine', 'atlas'] },
      { subsystem: survey, roles: ['atlas'], duty: atlasDuty },
      { subsystem: records, roles: ['atlas'], duty: upkeepDuty },
      { subsystem: results, roles: ['atlas'], duty: upkeepDuty },
      { subsystem: measurements },
      { subsystem: probes, roles: ['engine'] },
      { subsystem: publications },
      { subsystem: archive, roles: ['atlas'], duty: upkeepDuty },
      { subsystem: watches, roles: ['atlas'], duty: upkeepDuty },
      { subsystem: selfAudit, roles: ['engine'] },
      { subsystem: optOuts, roles: ['atlas'], duty: upkeepDuty },
      { subsystem: api, roles: ['api'] },
      { subsystem: cluster.ownership },
      { subsystem: operations },
    ];
    const subsystems = subsystemsHere(placed, cluster.parts, (error, subsystem) =>
      log.error({ err: error, subsystem }, 'a subsystem could not begin its duty'),
    );
    const { users, keys } = accounts;
    return new Controller({ users, keys, subsystems, measuring, measurements, api, log });
  }

  /**
   * Starts all subsystems; measuring begins when the agents that were ready before a restart are connected again. When one cannot be
   * started, or `signal` fires before all are, those before it are stopped. Returns the address of the API; an empty text without the role `api`.
   * @throws the reason of `signal`
   */
  async start(signal?: AbortSignal): Promise<string> {
    const started: Subsystem[] = [];
    try {
      for (const subsystem of this.#subsystems) {
        signal?.throwIfAborted();
        started.unshift(subsystem);
        await subsystem.start();
      }
    } catch (error) {
      await stopAll(started, this.#log);
      throw error;
    }
    this.#settling = this.#settle();
    return this.#api.url;
  }

  /** Ends requests and open streams, gives unfinished measurements back to the queue, and stops all subsystems. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#settling;
    await stopAll([...this.#subsystems].reverse(), this.#log);
  }

  /** Measurements that this process has under way. */
  get measurementsUnderWay(): number {
    return this.#measurements.runner.underWay;
  }

  /** Port of the gRPC interface, once it is started; `undefined` where it is not served. */
  get grpcPort(): number | undefined {
    return this.#api.grpcPort;
  }

  /** The OpenAPI document of the API. */
  openApiDocument(): object {
    return this.#api.document();
  }

  async #settle(): Promise<void> {
    await this.#measuring.system.settled(this.#stopping.signal);
    for (const subsystem of this.#subsystems) {
      if (this.#stopping.signal.aborted) return;
      try {
        await subsystem.onAgentsSettled?.();
      } catch (error) {
        this.#log.error({ err: error, subsystem: subsystem.name }, 'a subsystem could not begin to work with agents');
      }
    }
  }
}

/** Stops subsystems one after the other; one that fails does not keep the others from stopping. */
async function stopAll(subsystems: readonly Subsystem[], log: Logger): Promise<void> {
  for (const { name, stop } of subsystems) {
    try {
      await stop();
    } catch (error) {
      log.error({ err: error, subsystem: name }, 'a subsystem could not be stopped');
    }
  }
}
