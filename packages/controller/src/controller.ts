import { randomUUID } from 'node:crypto';
import type { ReverseTracerouteEngine } from '@revtr/engine';
import type { TargetPolicy } from '@revtr/probing';
import { Batches, type Database, Jobs, Sources, Users } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { Authenticator } from './api/authenticate.ts';
import { createServer } from './api/server.ts';
import { BatchEvents } from './events/batch-events.ts';
import type { AddressFacts } from './facts.ts';
import { DestinationCheck } from './intake/destination-check.ts';
import { Submission } from './intake/submission.ts';
import { MeasurementRunner } from './jobs/runner.ts';
import { Metrics } from './metrics.ts';

export interface ControllerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly publicUrl: string | undefined;
  readonly concurrency: number;
  readonly maxBatch: number;
}

export interface ControllerCollaborators {
  readonly database: Database;
  readonly engine: ReverseTracerouteEngine;
  readonly facts: AddressFacts;
  /** The policy that the engine obeys as well. */
  readonly targetPolicy: TargetPolicy;
  readonly log: Logger;
}

const LEASE_MS = 30_000;
const POLL_MS = 1_000;

/** The central system in one process: API, queue and engine. The database stays the caller's to close. */
export class Controller {
  readonly users: Users;
  readonly sources: Sources;
  readonly #options: ControllerOptions;
  readonly #app: FastifyInstance;
  readonly #runner: MeasurementRunner;
  readonly #stopping: AbortController;

  private constructor(
    options: ControllerOptions,
    parts: {
      readonly users: Users;
      readonly sources: Sources;
      readonly app: FastifyInstance;
      readonly runner: MeasurementRunner;
      readonly stopping: AbortController;
    },
  ) {
    this.#options = options;
    this.users = parts.users;
    this.sources = parts.sources;
    this.#app = parts.app;
    this.#runner = parts.runner;
    this.#stopping = parts.stopping;
  }

  /** Puts the parts together; nothing runs before {@link start}. */
  static async create(options: ControllerOptions, collaborators: ControllerCollaborators): Promise<Controller> {
    const { database, engine, facts, targetPolicy, log } = collaborators;
    if (targetPolicy.warning !== undefined) log.warn(targetPolicy.warning);
    const [users, sources, batches, jobs] = [
      new Users(database.db),
      new Sources(database.db),
      new Batches(database.db),
      new Jobs(database.db),
    ];
    if (database.isExclusive) await jobs.release();
    const events = new BatchEvents();
    const metrics = new Metrics();
    const stopping = new AbortController();
    const runner = new MeasurementRunner(
      { owner: randomUUID(), concurrency: options.concurrency, leaseMs: LEASE_MS, pollMs: POLL_MS },
      { jobs, engine, facts, events, metrics, log },
    );
    const destinationCheck = new DestinationCheck({ targetPolicy, ipToAs: facts.ipToAs });
    const onAccepted = (): void => runner.notify();
    const app = await createServer({
      authenticator: new Authenticator(users),
      submission: new Submission(
        { maxBatch: options.maxBatch },
        { batches, sources, facts, destinationCheck, onAccepted },
      ),
      batches,
      sources,
      events,
      facts,
      publicUrl: options.publicUrl,
      stopping: stopping.signal,
      log,
      metrics,
    });
    return new Controller(options, { users, sources, app, runner, stopping });
  }

  /** Opens the API and begins to measure. Returns the address of the API. */
  async start(): Promise<string> {
    const url = await this.#app.listen({ host: this.#options.host, port: this.#options.port });
    this.#runner.start();
    return url;
  }

  /** Stops taking requests, ends open streams, and gives unfinished measurements back to the queue. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#app.close();
    await this.#runner.stop();
  }

  /** The OpenAPI document of the API. */
  openApiDocument(): unknown {
    return this.#app.swagger();
  }
}
