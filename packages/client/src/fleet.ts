import { good, listed } from './answer.ts';
import type { Connection } from './connection.ts';
import { itemsOf } from './pages.ts';
import type {
  AbuseContact,
  AbuseReport,
  Accuracy,
  AccuracyQuery,
  Agent,
  AgentDetails,
  Application,
  ArchiveImport,
  ArchiveStatus,
  Atlas,
  AtlasEstimate,
  AtlasRun,
  AuditEvent,
  AuditEventQuery,
  AuditQuery,
  AuditRecord,
  Budgets,
  Circuit,
  Dataset,
  KillSwitch,
  Mail,
  Migration,
  MigrationReport,
  NewApplication,
  OptOut,
  OptOutRequest,
  PublishedTraceroute,
  Queue,
  SelfAudit,
  Suspension,
  SystemStatus,
  TracerouteImport,
} from './types.ts';

const ATLAS_POLL_MS = 500;
const ripeHeader = (key: string | undefined) => (key === undefined ? {} : { 'ripe-key': key });

/** Calls for hosts of sources and for operators. Every method rejects with a {@link ClientError}. */
export class FleetClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Applies to host a source. Without an API key the application needs a name and an e-mail address, and is `unverified` until the
   * applicant opens the mailed link. Returns the number of the application and its state.
   */
  async apply(application: NewApplication): Promise<Pick<Application, 'id' | 'state'>> {
    return good(this.#connection.api.POST('/api/v2/sources/applications', { body: application }));
  }

  /** Your applications, newest first; operators get all applications. */
  async applications(state?: Application['state']): Promise<readonly Application[]> {
    const query = state === undefined ? {} : { state };
    return listed(
      (await good(this.#connection.api.GET('/api/v2/sources/applications', { params: { query } }))).applications,
    );
  }

  /** Approves an application; a new user gets a mail with a link to an API key (operators). */
  async approve(id: number, note = ''): Promise<Application> {
    const params = { path: { id: String(id) } };
    return good(this.#connection.api.POST('/api/v2/sources/applications/{id}/approve', { params, body: { note } }));
  }

  /** Refuses an application (operators). */
  async refuse(id: number, note = ''): Promise<Application> {
    const params = { path: { id: String(id) } };
    return good(this.#connection.api.POST('/api/v2/sources/applications/{id}/refuse', { params, body: { note } }));
  }

  /** Your agents; operators get all agents. */
  async agents(): Promise<readonly Agent[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/agents'))).agents);
  }

  /** An agent with the results of its tests. */
  async agent(address: string): Promise<AgentDetails> {
    return good(this.#connection.api.GET('/api/v2/agents/{address}', { params: { path: { address } } }));
  }

  /** Registers a vantage point (operators). */
  async addVantagePoint(agent: {
    readonly address: string;
    readonly hostname: string;
    readonly site?: string;
  }): Promise<Agent> {
    return good(this.#connection.api.POST('/api/v2/agents', { body: agent }));
  }

  /** Starts the tests of an agent. */
  async test(address: string): Promise<Agent> {
    return good(this.#connection.api.POST('/api/v2/agents/{address}/test', { params: { path: { address } } }));
  }

  /** Keeps an agent out of measurements until an operator has it tested (operators). */
  async quarantine(address: string, reason: string): Promise<Agent> {
    const params = { path: { address } };
    return good(this.#connection.api.POST('/api/v2/agents/{address}/quarantine', { params, body: { reason } }));
  }

  /** What is stopped by kill switches (operators). */
  async killSwitches(): Promise<readonly KillSwitch[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/kill-switches'))).killSwitches);
  }

  /** Stops probes at once, in all agents (operators). Returns everything that is stopped. */
  async stopProbes(target: Omit<KillSwitch, 'setAt'>): Promise<readonly KillSwitch[]> {
    return listed((await good(this.#connection.api.PUT('/api/v2/kill-switches', { body: target }))).killSwitches);
  }

  /** Allows again what {@link stopProbes} stopped (operators). Returns everything that is still stopped. */
  async resumeProbes(scope: KillSwitch['scope'], subject = ''): Promise<readonly KillSwitch[]> {
    const params = { query: { scope, subject } };
    return listed((await good(this.#connection.api.DELETE('/api/v2/kill-switches', { params }))).killSwitches);
  }

  /** Removes an agent permanently. The system sends no more probes from it or with its address as source. */
  async withdraw(address: string): Promise<Agent> {
    return good(this.#connection.api.DELETE('/api/v2/agents/{address}', { params: { path: { address } } }));
  }

  /** Revokes the certificate of an agent: it is disconnected, and must enrol again (operators). */
  async revokeCertificate(address: string): Promise<Agent> {
    const params = { path: { address } };
    return good(this.#connection.api.DELETE('/api/v2/agents/{address}/certificate', { params }));
  }

  /** Allows the agent of revtr 2.0 at the address of an agent, and no other one; one that is connected must leave (operators). */
  async allowLegacyAgent(address: string): Promise<Agent> {
    return good(this.#connection.api.PUT('/api/v2/agents/{address}/legacy', { params: { path: { address } } }));
  }

  /** Does not allow the agent of revtr 2.0 at an address any longer: it is disconnected (operators). */
  async denyLegacyAgent(address: string): Promise<Agent> {
    return good(this.#connection.api.DELETE('/api/v2/agents/{address}/legacy', { params: { path: { address } } }));
  }

  /** The state of the whole system on one page (operators). */
  async status(): Promise<SystemStatus> {
    const status = await good(this.#connection.api.GET('/api/v2/status'));
    for (const list of [status.agents, status.datasets, status.killSwitches]) listed<unknown>(list);
    return status;
  }

  /** Measurements that have not ended, by user, and the processes that hold them (operators). */
  async queue(): Promise<Queue> {
    const queue = await good(this.#connection.api.GET('/api/v2/queue'));
    for (const list of [queue.users, queue.leases]) listed<unknown>(list);
    return queue;
  }

  /** The atlas of a source: coverage, age and runs. */
  async atlas(source: string): Promise<Atlas> {
    const atlas = await good(this.#connection.api.GET('/api/v2/atlas/{source}', { params: { path: { source } } }));
    listed(atlas.runs);
    return atlas;
  }

  /** What an atlas run would measure, and its cost in RIPE Atlas credits. */
  async estimateAtlas(source: string, ripeKey?: string): Promise<AtlasEstimate> {
    const params = { path: { source }, header: ripeHeader(ripeKey) };
    return good(this.#connection.api.GET('/api/v2/atlas/{source}/estimate', { params }));
  }

  /** Starts an atlas run, which continues after the answer. With a RIPE Atlas key, the owner of the key pays for its traceroutes. */
  async runAtlas(source: string, ripeKey?: string): Promise<AtlasRun> {
    const params = { path: { source }, header: ripeHeader(ripeKey) };
    return good(this.#connection.api.POST('/api/v2/atlas/{source}/runs', { params }));
  }

  /** Asks for the atlas every 500 ms until none of its runs is active. `onProgress` receives the active run each time. */
  async atlasWhenDone(
    source: string,
    onProgress: (run: AtlasRun) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<Atlas> {
    for (;;) {
      const atlas = await this.atlas(source);
      const [run] = atlas.runs;
      if (run?.state !== 'running') return atlas;
      onProgress(run);
      await this.#connection.sleep(ATLAS_POLL_MS, signal);
    }
  }

  /** Cancels the active atlas run of a source. */
  async cancelAtlasRun(source: string): Promise<Atlas> {
    return good(this.#connection.api.DELETE('/api/v2/atlas/{source}/runs', { params: { path: { source } } }));
  }

  /** Deletes the atlas of a source. */
  async cleanAtlas(source: string): Promise<void> {
    await good(this.#connection.api.POST('/api/v1/atlas/clean', { params: { header: { source } } }));
  }

  /** The datasets and their state. */
  async datasets(): Promise<readonly Dataset[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/datasets'))).datasets);
  }

  /**
   * Replaces a dataset by a file (operators). `sha256` is the expected hash of the file, in hexadecimal. `mayShrink` (default false) accepts a
   * file with far fewer entries.
   */
  async importDataset(
    kind: Dataset['kind'],
    file: Blob,
    options: { readonly sha256?: string; readonly mayShrink?: boolean } = {},
  ): Promise<Dataset> {
    const query = { ...options, mayShrink: String(options.mayShrink === true) };
    return good(
      this.#connection.api.PUT('/api/v2/datasets/{kind}', {
        params: { path: { kind }, query },
        // The OpenAPI document declares text, but the server takes the bytes of the file.
        body: '',
        bodySerializer: () => file,
        headers: { 'content-type': 'application/octet-stream' },
      }),
    );
  }

  /** Adds up to 1,000 published traceroutes to the atlases of the sources near their targets (operators). */
  async importTraceroutes(traceroutes: readonly PublishedTraceroute[]): Promise<TracerouteImport> {
    return good(this.#connection.api.POST('/api/v2/atlas/traceroutes', { body: { traceroutes: [...traceroutes] } }));
  }

  /** Registers users, hosts and atlas traceroutes of another system, up to 500 of each (operators). */
  async migrate(migration: Migration): Promise<MigrationReport> {
    const report = await good(this.#connection.api.POST('/api/v2/migration', { body: migration }));
    for (const list of [report.users, report.hosts]) listed<unknown>(list);
    return report;
  }

  /** The state of the public archive (operators). */
  async archive(): Promise<ArchiveStatus> {
    return good(this.#connection.api.GET('/api/v2/archive'));
  }

  /** Imports up to 500 rows of an archive of reverse traceroutes. `origin`: the system that they are from (operators). */
  async importArchive(origin: string, rows: readonly unknown[]): Promise<ArchiveImport> {
    return good(this.#connection.api.POST('/api/v2/imported-results', { body: { origin, rows: [...rows] } }));
  }

  /** Downloads a dataset from its configured address (operators). */
  async updateDataset(kind: Dataset['kind']): Promise<Dataset> {
    return good(this.#connection.api.POST('/api/v2/datasets/{kind}/update', { params: { path: { kind } } }));
  }

  /** The most recent mails, newest first (operators). */
  async mails(): Promise<readonly Mail[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/mails'))).mails);
  }

  /** The limits of probing, and the subjects closest to their daily limits (operators). */
  async budgets(): Promise<Budgets> {
    return good(this.#connection.api.GET('/api/v2/budgets'));
  }

  /** Networks whose probing is suspended (operators). */
  async circuits(): Promise<readonly Circuit[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/circuits'))).circuits);
  }

  /** How accurate the system is, by its self-audits. Needs no API key. */
  async accuracy(query: AccuracyQuery = {}): Promise<Accuracy> {
    const accuracy = await good(this.#connection.api.GET('/api/v2/accuracy', { params: { query } }));
    for (const list of [accuracy.kinds, accuracy.ranges, accuracy.networks, accuracy.suspensions])
      listed<unknown>(list);
    return accuracy;
  }

  /** The latest self-audits, newest first (operators). */
  async selfAudits(limit = 100): Promise<readonly SelfAudit[]> {
    const params = { query: { limit: String(limit) } };
    return listed((await good(this.#connection.api.GET('/api/v2/self-audits', { params }))).selfAudits);
  }

  /** Lifts the suspension of a kind of hop (operators). Returns the suspensions that remain. */
  async liftSuspension(kind: string): Promise<readonly Suspension[]> {
    const params = { path: { kind } };
    return listed((await good(this.#connection.api.DELETE('/api/v2/suspensions/{kind}', { params }))).suspensions);
  }

  /** Networks that opted out of probing: prefixes and AS numbers. */
  async optOuts(): Promise<readonly OptOut[]> {
    const optOuts: OptOut[] = [];
    for await (const optOut of this.eachOptOut()) optOuts.push(optOut);
    return optOuts;
  }

  /** Networks that opted out of probing, in order. Reads a page at a time. */
  eachOptOut(): AsyncGenerator<OptOut, void, undefined> {
    return itemsOf(async (after?: string) => {
      const page = await good(
        this.#connection.api.GET('/api/v2/opt-outs', { params: { query: { after: after ?? '' } } }),
      );
      return { items: listed(page.optOuts), next: page.next };
    });
  }

  /** Adds a prefix or an AS number to the opt-out list (operators). */
  async addOptOut(network: string, reason: string): Promise<void> {
    await good(this.#connection.api.POST('/api/v2/opt-outs', { body: { network, reason } }));
  }

  /** Adds all networks of a list to the opt-out list, or none; one network in a line (operators). Returns how many there were. */
  async importOptOuts(list: string, reason: string): Promise<number> {
    return (await good(this.#connection.api.POST('/api/v2/opt-outs/import', { body: { list, reason } }))).networks;
  }

  /** Requests to opt out of people without an account, newest first (operators). */
  async optOutRequests(state?: OptOutRequest['state']): Promise<readonly OptOutRequest[]> {
    const query = state === undefined ? {} : { state };
    return listed((await good(this.#connection.api.GET('/api/v2/opt-out-requests', { params: { query } }))).requests);
  }

  /** Accepts a request to opt out (operators). */
  async acceptOptOut(id: number, note = ''): Promise<OptOutRequest> {
    const params = { path: { id: String(id) } };
    return good(this.#connection.api.POST('/api/v2/opt-out-requests/{id}/accept', { params, body: { note } }));
  }

  /** Refuses a request to opt out (operators). */
  async refuseOptOut(id: number, note = ''): Promise<OptOutRequest> {
    const params = { path: { id: String(id) } };
    return good(this.#connection.api.POST('/api/v2/opt-out-requests/{id}/refuse', { params, body: { note } }));
  }

  /** Registered abuse contacts that operators entered (operators). */
  async abuseContacts(): Promise<readonly AbuseContact[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/abuse-contacts'))).contacts);
  }

  /** Sets the registered abuse contact of a network (operators). */
  async setAbuseContact(network: string, email: string): Promise<AbuseContact> {
    return good(this.#connection.api.PUT('/api/v2/abuse-contacts', { body: { network, email } }));
  }

  /** Removes the registered abuse contact of a network (operators). */
  async removeAbuseContact(network: string): Promise<void> {
    await good(this.#connection.api.DELETE('/api/v2/abuse-contacts', { params: { query: { network } } }));
  }

  /** Removes a network from the opt-out list (operators). */
  async removeOptOut(network: string): Promise<void> {
    await good(this.#connection.api.DELETE('/api/v2/opt-outs', { params: { query: { network } } }));
  }

  /** Probes that were sent, newest first; the search went back to `since` (operators). */
  async audit(query: AuditQuery): Promise<{ readonly records: readonly AuditRecord[]; readonly since: string }> {
    const { records, since } = await good(this.#connection.api.GET('/api/v2/audit', { params: { query } }));
    return { records: listed(records), since };
  }

  /** Refusals, logins and actions of operators, newest first (operators). */
  async auditEvents(query: AuditEventQuery): Promise<readonly AuditEvent[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/audit/events', { params: { query } }))).events);
  }

  /** Puts an address or prefix on the opt-out list, and returns what was sent there in the last `days` (default 7; operators). */
  async reportAbuse(target: string, reason: string, days?: number): Promise<AbuseReport> {
    const body = { target, reason, ...(days !== undefined && { days }) };
    const report = await good(this.#connection.api.POST('/api/v2/abuse-reports', { body }));
    for (const list of [report.byAgent, report.byTarget, report.byUser, report.records]) listed<unknown>(list);
    return report;
  }
}
