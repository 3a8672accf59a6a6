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
  /** Keys, and the accounts they belong to. */
  readonly keys: Readonly<Record<string, EmulatedAccount>>;
  /** What goes wrong. Default: nothing. */
  readonly faults?: EmulatorFaults;
  /** Most probes of one measurement, and measurements of one account at once. Default: 1,000 and 100. */
  readonly mostProbes?: number;
  readonly mostConcurrent?: number;
}

export interface EmulatorCollaborators {
  readonly probes: readonly SimulatedProbe[];
  readonly prober: Prober;
  readonly clock: Clock;
  readonly random: Random;
}

/** Permissions that a usual key has. */
export const PERMISSIONS = ['measurements.create_measurement', 'credits.get_credit_info', 'keys.get_key'];

/**
 * RIPE Atlas over a simulated Internet: a real HTTP and websocket server on this machine that follows the contract of the real
 * one, with its faults, and whose probes send real packets into the simulator.
 */
export class RipeAtlasEmulator {
  /** Requests answered, by method and path without numbers. */
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

  /** Where the API is. */
  get url(): string {
    return `${this.#origin}/api/v2/`;
  }

  /** Where results are streamed. */
  get streamUrl(): string {
    return `${this.#origin.replace(/^http/, 'ws')}/stream/`;
  }

  /** Listens on a free port of this machine. */
  async start(): Promise<void> {
    this.#origin = await this.#app.listen({ host: '127.0.0.1', port: 0 });
    this.#stream.attach(this.#app.server);
  }

  async stop(): Promise<void> {
    this.#measurements.stopAll();
    this.#stream.close();
    await this.#app.close();
  }
}
