interface Waiting<Request, Outcome> {
  readonly request: Request;
  readonly ended: PromiseWithResolvers<Outcome>;
}

/**
 * Runs requests of the same kind together: those that arrive while a group runs form the next one. A lone request runs at once, and the more
 * requests there are, the less each of them costs.
 */
export class GroupCommit<Request, Outcome> {
  readonly #most: number;
  readonly #run: (requests: readonly Request[]) => Promise<readonly Outcome[]>;
  #waiting: Waiting<Request, Outcome>[] = [];
  #isRunning = false;

  constructor(
    options: {
      /** Requests in a group. */
      readonly most: number;
    },
    collaborators: {
      /** Runs a group: all of it, or nothing. Returns the outcomes in the order of the requests. */
      readonly run: (requests: readonly Request[]) => Promise<readonly Outcome[]>;
    },
  ) {
    this.#most = options.most;
    this.#run = collaborators.run;
  }

  /** Whether no request runs or waits. */
  get isIdle(): boolean {
    return !this.#isRunning;
  }

  /** Runs a request in one of the next groups. Rejects with the error of the request if it fails alone, too. */
  add(request: Request): Promise<Outcome> {
    const ended = Promise.withResolvers<Outcome>();
    this.#waiting.push({ request, ended });
    if (!this.#isRunning) void this.#runAll();
    return ended.promise;
  }

  async #runAll(): Promise<void> {
    this.#isRunning = true;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.slice(0, this.#most);
      this.#waiting = this.#waiting.slice(this.#most);
      await this.#runGroup(group);
    }
    this.#isRunning = false;
  }

  async #runGroup(group: readonly Waiting<Request, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#run(group.map(({ request }) => request));
      for (const [i, { ended }] of group.entries()) ended.resolve(outcomes[i]);
    } catch (error) {
      if (group.length === 1) group[0].ended.reject(error);
      // One request must not make the others of its group fail.
      else for (const waiting of group) await this.#runGroup([waiting]);
    }
  }
}
