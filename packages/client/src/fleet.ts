import { type Connection, good } from './connection.ts';
import type {
  Agent,
  AgentDetails,
  Application,
  Atlas,
  AtlasEstimate,
  AtlasRun,
  Dataset,
  Mail,
  NewApplication,
  OptOut,
} from './types.ts';

const ATLAS_POLL_MS = 500;
const ripeHeader = (key: string | undefined) => (key === undefined ? {} : { 'ripe-key': key });

/** Hosting sources and running the system: applications, agents, mails, opt-outs. Every call rejects with a {@link ClientError}. */
export class FleetClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Applies to host a source; needs no key. Returns the number of the application. */
  async apply(application: NewApplication): Promise<number> {
    return good(await this.#connection.api.POST('/api/v2/sources/applications', { body: application })).id;
  }

  /** Applications, newest first (operators). */
  async applications(state?: Application['state']): Promise<readonly Application[]> {
    const query = state === undefined ? {} : { state };
    return good(await this.#connection.api.GET('/api/v2/sources/applications', { params: { query } })).applications;
  }

  /** Approves an application: the applicant is mailed a key (operators). */
  async approve(id: number, note = ''): Promise<Application> {
    const params = { path: { id: String(id) } };
    return good(
      await this.#connection.api.POST('/api/v2/sources/applications/{id}/approve', { params, body: { note } }),
    );
  }

  /** Refuses an application (operators). */
  async refuse(id: number, note = ''): Promise<Application> {
    const params = { path: { id: String(id) } };
    return good(
      await this.#connection.api.POST('/api/v2/sources/applications/{id}/refuse', { params, body: { note } }),
    );
  }

  /** Your agents; all of them, for operators. */
  async agents(): Promise<readonly Agent[]> {
    return good(await this.#connection.api.GET('/api/v2/agents')).agents;
  }

  /** An agent with what its tests have shown. */
  async agent(address: string): Promise<AgentDetails> {
    return good(await this.#connection.api.GET('/api/v2/agents/{address}', { params: { path: { address } } }));
  }

  /** Registers a vantage point (operators). */
  async addVantagePoint(agent: {
    readonly address: string;
    readonly hostname: string;
    readonly site?: string;
  }): Promise<Agent> {
    return good(await this.#connection.api.POST('/api/v2/agents', { body: agent }));
  }

  /** Tests an agent now. */
  async test(address: string): Promise<Agent> {
    return good(await this.#connection.api.POST('/api/v2/agents/{address}/test', { params: { path: { address } } }));
  }

  /** Quarantines an agent (operators). */
  async quarantine(address: string, reason: string): Promise<Agent> {
    const params = { path: { address } };
    return good(await this.#connection.api.POST('/api/v2/agents/{address}/quarantine', { params, body: { reason } }));
  }

  /** Withdraws an agent: nothing is sent by it, to it, or in its name any more. */
  async withdraw(address: string): Promise<Agent> {
    return good(await this.#connection.api.DELETE('/api/v2/agents/{address}', { params: { path: { address } } }));
  }

  /** What the atlas of a source covers, how old it is, and its runs. */
  async atlas(source: string): Promise<Atlas> {
    return good(await this.#connection.api.GET('/api/v2/atlas/{source}', { params: { path: { source } } }));
  }

  /** What a run would measure and cost. */
  async estimateAtlas(source: string, ripeKey?: string): Promise<AtlasEstimate> {
    const params = { path: { source }, header: ripeHeader(ripeKey) };
    return good(await this.#connection.api.GET('/api/v2/atlas/{source}/estimate', { params }));
  }

  /** Starts measuring the atlas of a source, with the credits of a RIPE Atlas key where one is given; it goes on after the answer. */
  async runAtlas(source: string, ripeKey?: string): Promise<AtlasRun> {
    const params = { path: { source }, header: ripeHeader(ripeKey) };
    return good(await this.#connection.api.POST('/api/v2/atlas/{source}/runs', { params }));
  }

  /** Resolves when no run of a source is under way any more; `onProgress` is told of every look. */
  async atlasWhenDone(source: string, onProgress: (run: AtlasRun) => void = () => undefined): Promise<Atlas> {
    for (;;) {
      const atlas = await this.atlas(source);
      const [run] = atlas.runs;
      if (run?.state !== 'running') return atlas;
      onProgress(run);
      await new Promise((resolve) => setTimeout(resolve, ATLAS_POLL_MS));
    }
  }

  /** Cancels the run of a source that is under way. */
  async cancelAtlasRun(source: string): Promise<Atlas> {
    return good(await this.#connection.api.DELETE('/api/v2/atlas/{source}/runs', { params: { path: { source } } }));
  }

  /** Forgets the atlas of a source. */
  async cleanAtlas(source: string): Promise<void> {
    good(await this.#connection.api.POST('/api/v1/atlas/clean', { params: { header: { source } } }));
  }

  /** How the datasets are. */
  async datasets(): Promise<readonly Dataset[]> {
    return good(await this.#connection.api.GET('/api/v2/datasets')).datasets;
  }

  /** Puts a file in place of a dataset (operators). */
  async importDataset(
    kind: Dataset['kind'],
    file: Blob,
    options: { readonly sha256?: string; readonly mayShrink?: boolean } = {},
  ): Promise<Dataset> {
    const query = { ...options, mayShrink: String(options.mayShrink === true) };
    return good(
      await this.#connection.api.PUT('/api/v2/datasets/{kind}', {
        params: { path: { kind }, query },
        // The document says text for bytes; they are sent as they are.
        body: '',
        bodySerializer: () => file,
        headers: { 'content-type': 'application/octet-stream' },
      }),
    );
  }

  /** Fetches a dataset now (operators). */
  async updateDataset(kind: Dataset['kind']): Promise<Dataset> {
    return good(await this.#connection.api.POST('/api/v2/datasets/{kind}/update', { params: { path: { kind } } }));
  }

  /** The last mails, newest first (operators). */
  async mails(): Promise<readonly Mail[]> {
    return good(await this.#connection.api.GET('/api/v2/mails')).mails;
  }

  /** Ranges whose holders want no probes. */
  async optOuts(): Promise<readonly OptOut[]> {
    return good(await this.#connection.api.GET('/api/v2/opt-outs')).optOuts;
  }

  /** Probes a range no more (operators). */
  async addOptOut(prefix: string, reason: string): Promise<void> {
    good(await this.#connection.api.POST('/api/v2/opt-outs', { body: { prefix, reason } }));
  }

  /** Allows probes to a range again (operators). */
  async removeOptOut(prefix: string): Promise<void> {
    good(await this.#connection.api.DELETE('/api/v2/opt-outs', { params: { query: { prefix } } }));
  }
}
