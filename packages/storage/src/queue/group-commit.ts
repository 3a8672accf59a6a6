import { StorageError } from '../errors.ts';

export interface GroupCommitOptions {
  /** Requests in a group. */
  readonly most: number;
  /** Requests that wait for a group. */
  readonly mostWaiting: number;
}

export interface GroupCommitCollaborators<Request, Outcome> {
  /** Runs a group: all of it, or nothing. Returns the outcomes in the order of the requests. */
  readonly run: (requests: readonly Request[]) => Promise<readonly Outcome[]>;
  /** Whether a request may be in the group of the request that has waited longest. Default: any may. */
  readonly mayShare?: (first: Request, other: Request) => boolean;
  /** Called when no request runs or waits. */
  readonly onIdle?: () => void;
}

interface Waiting<Request, Outcome> {
  readonly request: Request;
  readonly ended: PromiseWithResolvers<Outcome>;
}

/** Classes of SQLSTATE with which PostgreSQL refuses a value: data exceptions, and violated constraints. */
const REFUSED_VALUE = /^2[23]/;

/**
 * Runs requests of the same kind together: those that arrive while a group runs form the next one. A lone request runs at once, and the more
 * requests there are, the less each of them costs.
 */
export class GroupCommit<Request, Outcome> {
  readonly #options: GroupCommitOptions;
  readonly #collaborators: GroupCommitCollaborators<Request, Outcome>;
  #waiting: Waiting<Request, Outcome>[] = [];
  #isRunning = false;

  constructor(options: GroupCommitOptions, collaborators: GroupCommitCollaborators<Request, Outcome>) {
    this.#options = options;
    this.#collaborators = collaborators;
  }

  /**
   * Runs a request in one of the next groups, in order. Rejects with the error of the group; only if the database refused a value does each request
   * of the group run alone. @throws {StorageError} `tooManyWaiting`
   */
  async add(request: Request): Promise<Outcome> {
    const { mostWaiting } = this.#options;
    if (this.#waiting.length >= mostWaiting)
      throw new StorageError('tooManyWaiting', `${mostWaiting} requests of the user wait already`, {
        maximum: mostWaiting,
      });
    const ended = Promise.withResolvers<Outcome>();
    this.#waiting.push({ request, ended });
    if (!this.#isRunning) void this.#runAll();
    return ended.promise;
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    for (let group = this.#take(); group.length > 0; group = this.#take()) await this.#runGroup(group);
    this.#isRunning = false;
    this.#collaborators.onIdle?.();
  }

  #take(): readonly Waiting<Request, Outcome>[] {
    const { mayShare = () => true } = this.#collaborators;
    const [first] = this.#waiting;
    if (first === undefined) return [];
    const size = this.#waiting.findIndex(
      ({ request }, i) => i >= this.#options.most || (i > 0 && !mayShare(first.request, request)),
    );
    return this.#waiting.splice(0, size < 0 ? this.#waiting.length : size);
  }

  async #runGroup(group: readonly Waiting<Request, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#collaborators.run(group.map(({ request }) => request));
      for (const [i, { ended }] of group.entries()) ended.resolve(outcomes[i]);
    } catch (error) {
      // After any other error the group may be stored: the connection can break after the server has committed.
      if (group.length > 1 && isRefusedValue(error)) for (const waiting of group) await this.#runGroup([waiting]);
      else for (const { ended } of group) ended.reject(error);
    }
  }
}

const isRefusedValue = (error: unknown): boolean =>
  error instanceof StorageError &&
  (error.is('badText') || (error.is('queryFailed') && REFUSED_VALUE.test(error.details.sqlState)));
