import type { Clock } from '@revtr/probing';
import type { Logger } from 'pino';
import type { Metrics } from '../foundation/metrics.ts';
import { TokenBuckets } from '../foundation/token-buckets.ts';

/** Log lines for each reason. */
const LINES = { burst: 10, perSecond: 0.1, mostBuckets: 100 };

/** Counts what a gRPC server refuses, and logs it: a few lines for each reason, so that nobody can fill the log. */
export class Refusals {
  readonly #server: string;
  readonly #log: Logger;
  readonly #metrics: Metrics;
  readonly #lines: TokenBuckets<string>;
  readonly #unlogged = new Map<string, number>();

  constructor(
    options: { /** Name of the server in metrics. */ readonly server: string },
    collaborators: { readonly log: Logger; readonly metrics: Metrics; readonly clock: Clock },
  ) {
    this.#server = options.server;
    this.#log = collaborators.log;
    this.#metrics = collaborators.metrics;
    this.#lines = new TokenBuckets(LINES, collaborators);
  }

  /** Notes a refusal. `reason` is one of a few words of this server, not a text of the client. */
  add(
    reason: string,
    details: { readonly client?: string; readonly method?: string; readonly message?: string },
  ): void {
    this.#metrics.grpcRefused({ server: this.#server, reason });
    const unlogged = this.#unlogged.get(reason) ?? 0;
    if (!this.#lines.take(reason)) {
      this.#unlogged.set(reason, unlogged + 1);
      return;
    }
    this.#unlogged.delete(reason);
    this.#log.warn({ ...details, server: this.#server, reason, unlogged }, 'gRPC: refused');
  }
}
