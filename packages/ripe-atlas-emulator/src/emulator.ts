import type { Clock, Prober, Random } from '@revtr/probing';
import type { SimulatedProbe } from '@revtr/sim';
import { type FastifyInstance, fastify } from 'fastify';
import { ZodError } from 'zod';
import { Accounts, type EmulatedAccount } from './accounts.ts';
import { ApiError } from './api-error.ts';
import { type EmulatorFaults, NO_FAULTS } from './faults.ts';
import { Measurements } from './measurements.ts';
import { registerRoutes } from './routes.ts';
import { ResultStream } from './stream.ts';

export interface EmulatorOptions {
  /** Accounts by API key. */
  readonly keys: Readonly<Record<string, EmulatedAccount>>;
  /** Faults to inject. Default: none. */
  readonly faults?: EmulatorFaults;
  /** Largest number of probes in one measurement. Default: 1,000. */
  readonly mostProbes?: number;
  /** Largest number of concurrent measurements of one account. Default: 100. */
  readonly mostConcurrent?: number;
}

export interface EmulatorCollaborators {
  readonly probes: readonly SimulatedProbe[];
  /** Sends the traceroutes of the probes. */
  readonly prober: Prober;
  readonly clock: Clock;
  readonly random: Random;
}

/** Permissions of a typical API key. */
export const PERMISSIONS = ['measurements.create_measurement', 'credits.get_credit_info', 'keys.get_key'];

/**
 * An HTTP and WebSocket server on the loopback address that implements the subset of the RIPE Atlas API, version 2, for one-off
 * IPv4 traceroutes (https://atlas.ripe.net/docs/apis/). Its probes are hosts of a simulated Internet and send their packets
 * through the simulator. It can inject the faults of the real service.
 */
export class RipeAtlasEmulator {
  /** Number of responses, by method and path. `:id` replaces numbers of three or more digits. */
  readonly requests = new Map<string, number>();
  readonly #app: FastifyInstance;
  readonly #stream: ResultStream;
  readonly #measurements: Measurements;
  #origin = '';

  constructor(options: EmulatorOptions, { probes, prober, clock, random }: EmulatorCollaborators) {
    const { keys, faults = NO_FAULTS, mostProbes = 1_000, mostConcurrent = 100 } = options;
    const accounts = new Accounts();
    for (const [key, account] of Object.entries(keys)) accounts.add(key, account);
    this.#stream = new ResultStream({ breaks: faults.streamBreaks }, { random: random.fork('stream') });
    this.#measurements = new Measurements(
      { faults, mostProbes, mostConcurrent },
      {
        probes,
        prober,
        clock,
        random: random.fork('measurements'),
        onResult: ({ id, definition }, result) => definition.is_public && this.#stream.publish(id, result),
      },
    );
    this.#app = fastify({ forceCloseConnections: true });
    this.#app.addHook('onResponse', async ({ method, url }) => {
      const key = `${method} ${url.split('?')[0].replaceAll(/\d{3,}/g, ':id')}`;
      this.requests.set(key, (this.requests.get(key) ?? 0) + 1);
    });
    const cuts = random.fork('cuts');
    this.#app.addHook('onSend', async (_request, reply, payload) =>
      typeof payload === 'string' && reply.statusCode < 300 && cuts.chance(faults.truncated)
        ? payload.slice(0, Math.floor(payload.length / 2))
        : payload,
    );
    this.#app.setErrorHandler((error, _request, reply) => {
      const known = error instanceof ZodError ? new ApiError(400, 'Bad Request', error.issues[0].message) : error;
      if (!(known instanceof ApiError))
        return reply.code(500).send({ error: { status: 500, title: 'Error', detail: '' } });
      if (known.retryAfterSeconds !== undefined) reply.header('retry-after', String(known.retryAfterSeconds));
      return reply.code(known.status).send(known.body);
    });
    registerRoutes(this.#app, {
      accounts,
      measurements: this.#measurements,
      probes,
      faults,
      random: random.fork('requests'),
      url: () => this.url,
    });
  }

  /** URL of the API, with a trailing slash. Valid after `start`. */
  get url(): string {
    return `${this.#origin}/api/v2/`;
  }

  /** WebSocket URL of the result stream. Valid after `start`. */
  get streamUrl(): string {
    return `${this.#origin.replace(/^http/, 'ws')}/stream/`;
  }

  /** Listens on a free port of the loopback address. */
  async start(): Promise<void> {
    this.#origin = await this.#app.listen({ host: '127.0.0.1', port: 0 });
    this.#stream.attach(this.#app.server);
  }

  /** Cancels all measurements and closes the server. */
  async stop(): Promise<void> {
    this.#measurements.stopAll();
    this.#stream.close();
    await this.#app.close();
  }
}
