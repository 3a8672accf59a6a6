import { AccountsClient } from './accounts.ts';
import { badAnswer, good, listed } from './answer.ts';
import { type ClientOptions, Connection } from './connection.ts';
import type { ServerDetail } from './errors.ts';
import { type BatchEvent, eventsAt } from './events.ts';
import { FleetClient } from './fleet.ts';
import { linesOf } from './lines.ts';
import { itemsOf } from './pages.ts';
import { ProbesClient } from './probes.ts';
import { reopening } from './reopen.ts';
import type {
  Batch,
  BatchProgress,
  Cancelled,
  ExportFormat,
  FindOptions,
  ImportedResult,
  ImportedResultQuery,
  Measurement,
  MeasurementFilters,
  MeasurementOutline,
  OutlinePage,
  Publication,
  PublicResult,
  RecentResults,
  RequestedPair,
  RevtrResponse,
  SourceInfo,
  WaitingTime,
} from './types.ts';
import { noneValid, type UploadedBatch, type UploadOptions, upload, type ValidPairs } from './upload.ts';
import { WatchesClient } from './watches.ts';

/** A batch that the server has accepted. */
export interface Submitted {
  readonly batchId: number;
  /** Address of the results in version 1 of the API. */
  readonly resultUri: string;
  /** Pairs that the server left out; empty unless `skipInvalid` was set. `index` counts the submitted pairs from 0. */
  readonly rejected: readonly (ServerDetail & { readonly index: number })[];
}

/** Which results of a batch are read. */
export interface ResultOptions {
  /**
   * For reading a batch while it runs: the id of the last measurement that was read, at first 0. The results are those of the measurements
   * behind it, up to the first that has not ended. Default: all measurements that have ended.
   */
  readonly after?: number | undefined;
  /** Cancels the reading. Default: none. */
  readonly signal?: AbortSignal | undefined;
}

/** How a batch is followed. */
export interface WatchOptions {
  /** Whether the stream has `path`, `trying` and `rtt` events, which show how a measurement goes on. Default false. */
  readonly paths?: boolean;
  /** Ends the stream. Default: none. */
  readonly signal?: AbortSignal;
}

function parsedLine(line: string): Measurement {
  try {
    const value = JSON.parse(line);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // The answer is the same as for a value that is no object.
  }
  throw badAnswer('the server sent a line that is not a JSON object');
}

/** A key that no other request of the account has: 128 random bits. */
const randomKey = (): string =>
  Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );

/** A client of a Reverse Traceroute server. Every method rejects with a {@link ClientError}. */
export class ReverseTracerouteClient {
  /** Hosting of sources and operation of the system. */
  readonly fleet: FleetClient;
  /** Accounts, API keys, and who may measure to a source. */
  readonly accounts: AccountsClient;
  /** Raw probes. */
  readonly probes: ProbesClient;
  /** Recurring measurements. */
  readonly watches: WatchesClient;
  readonly #options: ClientOptions;
  readonly #connection: Connection;
  /** Address of the server, without a slash at its end. */
  readonly server: string;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#connection = new Connection(options);
    this.server = this.#connection.server;
    this.fleet = new FleetClient(this.#connection);
    this.accounts = new AccountsClient(this.#connection);
    this.probes = new ProbesClient(this.#connection);
    this.watches = new WatchesClient(this.#connection);
  }

  /** The same client, whose calls `signal` cancels. */
  withSignal(signal: AbortSignal): ReverseTracerouteClient {
    const signals = [signal, this.#options.signal].filter((one) => one !== undefined);
    return new ReverseTracerouteClient({ ...this.#options, signal: AbortSignal.any(signals) });
  }

  /** The registered sources. */
  async sources(): Promise<readonly SourceInfo[]> {
    return listed((await good(this.#connection.api.GET('/api/v1/sources'))).srcs);
  }

  /**
   * Submits pairs as one batch. The server has stored the batch when this resolves. With `skipInvalid` (default false) the server leaves
   * invalid pairs out; without it, one invalid pair rejects the batch. The same call with the same `idempotencyKey` within 24 hours
   * resolves to the same batch, and measures nothing again. Without one, the client makes one up, so that it can repeat the request.
   */
  async submit(
    pairs: readonly RequestedPair[],
    { skipInvalid = false, idempotencyKey }: { readonly skipInvalid?: boolean; readonly idempotencyKey?: string } = {},
  ): Promise<Submitted> {
    const key = idempotencyKey ?? (this.#connection.repeats ? randomKey() : undefined);
    const { result_uri, rejected } = await good(
      this.#connection.api.POST('/api/v1/revtr', {
        params: {
          query: { skipInvalid: skipInvalid ? 'true' : 'false' },
          header: { ...(key !== undefined && { 'idempotency-key': key }) },
        },
        body: { revtrs: [...pairs] },
      }),
    );
    const batchId = /[?&]batchid=(\d{1,15})(?:&|$)/.exec(result_uri)?.[1];
    if (batchId === undefined) throw badAnswer(`the server named no batch in '${result_uri}'`);
    return { batchId: Number(batchId), resultUri: result_uri, rejected: listed(rejected ?? []) };
  }

  /**
   * Submits the valid ones of some pairs as one batch, as {@link submit} does with `skipInvalid`. When none is valid, there is no batch, and
   * this resolves to the reasons.
   */
  async submitValid(
    pairs: readonly RequestedPair[],
    options: { readonly idempotencyKey?: string } = {},
  ): Promise<ValidPairs> {
    return this.submit(pairs, { ...options, skipInvalid: true }).catch(noneValid);
  }

  /**
   * Submits pairs as batches, as the account's limits permit, and yields each batch when the server has stored it. Invalid pairs are left
   * out. Reads `pairs` only as far as needed, so that they can come from a file of any size.
   */
  async *upload(
    pairs: Iterable<RequestedPair> | AsyncIterable<RequestedPair>,
    { perBatch = 1_000, signal }: UploadOptions = {},
  ): AsyncGenerator<UploadedBatch, void, undefined> {
    const client = signal === undefined ? this : this.withSignal(signal);
    yield* upload(pairs, {
      perBatch,
      submit: (part) => client.submitValid(part),
      sleep: (ms) => this.#connection.sleep(ms, signal),
    });
  }

  /** A batch with its measurements, finished or not. */
  async batch(id: number): Promise<Batch> {
    const batch = await good(
      this.#connection.api.GET('/api/v2/batches/{id}', { params: { path: { id: String(id) } } }),
    );
    listed(batch.measurements);
    return batch;
  }

  /** Your batches before the one with the id `before` (default: all), newest first; at most `limit` (default and most: 100). */
  async batches({
    limit = 100,
    before,
  }: {
    readonly limit?: number;
    readonly before?: number;
  } = {}): Promise<readonly BatchProgress[]> {
    const query = { limit, ...(before !== undefined && { before: String(before) }) };
    return listed((await good(this.#connection.api.GET('/api/v2/batches', { params: { query } }))).batches);
  }

  /** All your batches, newest first. Reads a page of 100 at a time. */
  eachBatch(): AsyncGenerator<BatchProgress, void, undefined> {
    return itemsOf(async (before?: number) => {
      const items = await this.batches({ ...(before !== undefined && { before }) });
      return { items, next: items.length < 100 ? undefined : items.at(-1)?.id };
    });
  }

  /** Cancels a batch. Measurements that have ended do not change. */
  async cancel(batchId: number): Promise<Cancelled> {
    const params = { path: { id: String(batchId) } };
    return good(this.#connection.api.POST('/api/v2/batches/{id}/cancel', { params }));
  }

  /** How long a batch is expected to wait and to take. */
  async waiting(batchId: number): Promise<WaitingTime> {
    const params = { path: { id: String(batchId) } };
    return good(this.#connection.api.GET('/api/v2/batches/{id}/waiting', { params }));
  }

  /** The measurements of a batch that have ended, one after the other: a batch of any size takes little memory. */
  async *results(batchId: number, options: ResultOptions = {}): AsyncGenerator<Measurement> {
    for await (const { measurement } of this.resultLines(batchId, options)) yield measurement;
  }

  /** As {@link results}, each with the line of JSON that the server sent: programs that store results need not write them again. */
  async *resultLines(
    batchId: number,
    { after, signal }: ResultOptions = {},
  ): AsyncGenerator<{ readonly measurement: Measurement; readonly line: string }> {
    const behind = after === undefined ? '' : `&after=${after}`;
    const body = await this.#connection.open(`/api/v2/batches/${batchId}/export?format=jsonl${behind}`, signal);
    for await (const line of linesOf(body, this.#connection, signal)) yield { measurement: parsedLine(line), line };
  }

  /** The measurements of a batch that have ended, as a file. Errors while it is read are those of the platform. */
  async export(batchId: number, format: ExportFormat, signal?: AbortSignal): Promise<ReadableStream<Uint8Array>> {
    return this.#connection.open(`/api/v2/batches/${batchId}/export?format=${format}`, signal);
  }

  /** Results of other systems that were imported, by source or destination. */
  async importedResults(query: ImportedResultQuery): Promise<readonly ImportedResult[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/imported-results', { params: { query } }))).results);
  }

  /**
   * At most `limit` (2,000) measurements of a batch without their hops, after the one with the id `after`. With `routers` (default false)
   * they have the addresses of their hops.
   */
  async outlines(batchId: number, { after = 0, limit = 2_000, routers = false } = {}): Promise<OutlinePage> {
    const query = { after: String(after), limit, ...(routers && { routers: 'true' as const }) };
    const params = { path: { id: String(batchId) }, query };
    const page = await good(this.#connection.api.GET('/api/v2/batches/{id}/measurements', { params }));
    listed(page.measurements);
    return page;
  }

  /** All measurements of a batch without their hops, in the order of the batch. Reads a page of 2,000 at a time. */
  eachOutline(
    batchId: number,
    { routers = false }: { readonly routers?: boolean } = {},
  ): AsyncGenerator<MeasurementOutline, void, undefined> {
    return itemsOf(async (after?: number) => {
      const { measurements, next } = await this.outlines(batchId, { after: after ?? 0, routers });
      return { items: measurements, next };
    });
  }

  /** A measurement, finished or not. */
  async measurement(id: number): Promise<Measurement> {
    return good(this.#connection.api.GET('/api/v2/measurements/{id}', { params: { path: { id: String(id) } } }));
  }

  /** Publishes a measurement that has ended; one that is published already keeps its token. */
  async publish(id: number): Promise<Publication> {
    const params = { path: { id: String(id) } };
    return good(this.#connection.api.PUT('/api/v2/measurements/{id}/publication', { params }));
  }

  /** How a measurement is published; `notFound` when it is not. */
  async publication(id: number): Promise<Publication> {
    const params = { path: { id: String(id) } };
    return good(this.#connection.api.GET('/api/v2/measurements/{id}/publication', { params }));
  }

  /** Unpublishes a measurement: its token never works again. */
  async unpublish(id: number): Promise<void> {
    await good(
      this.#connection.api.DELETE('/api/v2/measurements/{id}/publication', { params: { path: { id: String(id) } } }),
    );
  }

  /** What is public of a published result. Needs no key. */
  async publicResult(token: string): Promise<PublicResult> {
    const result = await good(
      this.#connection.api.GET('/api/v2/public-results/{token}', { params: { path: { token } } }),
    );
    listed(result.result.hops);
    return result;
  }

  /** The latest results of people without an account. Needs no key. */
  async recentResults(): Promise<RecentResults> {
    const recent = await good(this.#connection.api.GET('/api/v2/public-results'));
    listed(recent.results);
    return recent;
  }

  /**
   * Your measurements that meet all filters, by default the oldest first. Reads a page of `perPage` (default 250, most 10,000) at a time. The filter
   * `batch` can also name a batch of another user that you may read.
   */
  find(
    filters: MeasurementFilters = {},
    { order = 'oldest', perPage = 250 }: FindOptions = {},
  ): AsyncGenerator<Measurement, void, undefined> {
    const { asn, batch, ...others } = filters;
    return itemsOf(async (cursor?: string) => {
      const query = {
        ...others,
        ...(asn !== undefined && { asn: String(asn) }),
        ...(batch !== undefined && { batch: String(batch) }),
        ...{ order, limit: perPage },
        ...(cursor !== undefined && { cursor }),
      };
      const page = await good(this.#connection.api.GET('/api/v2/measurements', { params: { query } }));
      return { items: listed(page.measurements), next: page.cursor };
    });
  }

  /** Results in the format of version 1 of the API. */
  async revtrs(query: { readonly batchid: string } | { readonly label: string }): Promise<RevtrResponse> {
    return good(this.#connection.api.GET('/api/v1/revtr', { params: { query } }));
  }

  /** The events of a batch until it is complete, the stream breaks (`unreachable`), or `signal` fires (`cancelled`). */
  events(batchId: number, { paths = false, signal }: WatchOptions = {}): AsyncGenerator<BatchEvent> {
    return eventsAt(`/api/v2/batches/${batchId}/events?paths=${paths}`, this.#connection, signal);
  }

  /**
   * Waits until a batch is complete and returns it. A broken event stream is opened again after a pause; the client gives up after eight
   * failures in a row (about 30 s). `onEvent` receives the events.
   */
  async wait(
    batchId: number,
    options: WatchOptions & { readonly onEvent?: (event: BatchEvent) => void } = {},
  ): Promise<Batch> {
    return reopening(
      `batch ${batchId}`,
      async (onEvent) => {
        for await (const event of this.events(batchId, options)) {
          onEvent();
          options.onEvent?.(event);
          if (event.type === 'complete') return this.batch(batchId);
        }
        return undefined;
      },
      (ms) => this.#connection.sleep(ms, options.signal),
    );
  }
}
