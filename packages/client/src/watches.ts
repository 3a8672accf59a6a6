import { good, listed } from './answer.ts';
import type { Connection } from './connection.ts';
import { itemsOf } from './pages.ts';
import type { NewWatch, Watch, WatchAlert, WatchChange, WatchDelivery, WatchRun, WatchUpdate } from './types.ts';

/** Which part of a history to read, newest first. */
export interface HistoryPage {
  /** Most rows, at most 1,000. Default 100. */
  readonly limit?: number;
  /** Only rows before the one with this id. Default: from the newest. */
  readonly before?: number;
}

/** Calls about watches: recurring measurements of one pair. Every method rejects with a {@link ClientError}. */
export class WatchesClient {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Your watches, newest first. */
  async list(): Promise<readonly Watch[]> {
    return listed((await good(this.#connection.api.GET('/api/v2/watches'))).watches);
  }

  /** Creates a watch. With a webhook, only this answer contains its secret. */
  async create(watch: NewWatch): Promise<Watch> {
    return good(this.#connection.api.POST('/api/v2/watches', { body: watch }));
  }

  /** A watch. */
  async get(id: number): Promise<Watch> {
    return good(this.#connection.api.GET('/api/v2/watches/{id}', { params: pathOf(id) }));
  }

  /** Changes, pauses or resumes a watch. When a webhook is set, only this answer contains its secret. */
  async change(id: number, change: WatchUpdate): Promise<Watch> {
    return good(this.#connection.api.PATCH('/api/v2/watches/{id}', { params: pathOf(id), body: change }));
  }

  /** Deletes a watch with its history. */
  async delete(id: number): Promise<Watch> {
    return good(this.#connection.api.DELETE('/api/v2/watches/{id}', { params: pathOf(id) }));
  }

  /** Sends a test message to the webhook of a watch, once. */
  async test(id: number): Promise<WatchDelivery> {
    return good(this.#connection.api.POST('/api/v2/watches/{id}/test', { params: pathOf(id) }));
  }

  /** Runs of a watch, newest first. */
  async runs(id: number, page: HistoryPage = {}): Promise<readonly WatchRun[]> {
    return (await this.#runs(id, page)).items;
  }

  /** All runs of a watch, newest first. Reads a page of 1,000 at a time. */
  eachRun(id: number): AsyncGenerator<WatchRun, void, undefined> {
    return itemsOf((before?: number) => this.#runs(id, wholePage(before)));
  }

  /** Confirmed changes of a watch, newest first. */
  async changes(id: number, page: HistoryPage = {}): Promise<readonly WatchChange[]> {
    return (await this.#changes(id, page)).items;
  }

  /** All confirmed changes of a watch, newest first. Reads a page of 1,000 at a time. */
  eachChange(id: number): AsyncGenerator<WatchChange, void, undefined> {
    return itemsOf((before?: number) => this.#changes(id, wholePage(before)));
  }

  /** Alerts of a watch and their deliveries, newest first. */
  async alerts(id: number, page: HistoryPage = {}): Promise<readonly WatchAlert[]> {
    return (await this.#alerts(id, page)).items;
  }

  /** All alerts of a watch, newest first. Reads a page of 1,000 at a time. */
  eachAlert(id: number): AsyncGenerator<WatchAlert, void, undefined> {
    return itemsOf((before?: number) => this.#alerts(id, wholePage(before)));
  }

  async #runs(id: number, page: HistoryPage) {
    const answer = await good(this.#connection.api.GET('/api/v2/watches/{id}/runs', { params: pageOf(id, page) }));
    return { items: listed(answer.runs), next: answer.next };
  }

  async #changes(id: number, page: HistoryPage) {
    const answer = await good(this.#connection.api.GET('/api/v2/watches/{id}/changes', { params: pageOf(id, page) }));
    return { items: listed(answer.changes), next: answer.next };
  }

  async #alerts(id: number, page: HistoryPage) {
    const answer = await good(this.#connection.api.GET('/api/v2/watches/{id}/alerts', { params: pageOf(id, page) }));
    return { items: listed(answer.alerts), next: answer.next };
  }
}

const wholePage = (before: number | undefined): HistoryPage => ({
  limit: 1_000,
  ...(before !== undefined && { before }),
});

const pathOf = (id: number) => ({ path: { id: String(id) } });

const pageOf = (id: number, { limit, before }: HistoryPage) => ({
  ...pathOf(id),
  query: {
    ...(limit !== undefined && { limit: String(limit) }),
    ...(before !== undefined && { before: String(before) }),
  },
});
