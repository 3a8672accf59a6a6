import { createServer, type Server } from 'node:http';
import { listen } from '@revtr/link';
import type { Metrics } from '../foundation/metrics.ts';
import type { ReadinessProbe } from './readiness.ts';

export interface HealthServerCollaborators {
  readonly readiness: Pick<ReadinessProbe, 'read'>;
  readonly metrics: Pick<Metrics, 'registry'>;
}

/** Only monitoring and service managers connect. */
const MOST_CONNECTIONS = 100;
const HEADERS_MS = 10_000;

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Serves health, readiness and metrics in plain HTTP, for processes without the role `api`. Everybody who reaches the port may read them. */
export class HealthServer {
  readonly #listen: { readonly host: string; readonly port: number };
  readonly #server: Server;

  constructor(
    options: { readonly host: string /** 0 takes any free port. */; readonly port: number },
    collaborators: HealthServerCollaborators,
  ) {
    this.#listen = options;
    this.#server = createServer({ headersTimeout: HEADERS_MS, requestTimeout: HEADERS_MS }, (request, response) => {
      request.resume();
      answer(request.method, request.url, collaborators).then(
        ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
        () => response.writeHead(500).end(),
      );
    });
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** Begins to listen, and returns the URL. @throws the error of the socket */
  async start(): Promise<string> {
    return `http://${this.#listen.host}:${await listen(this.#server, this.#listen)}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

async function answer(
  method: string | undefined,
  url: string | undefined,
  { readiness, metrics }: HealthServerCollaborators,
): Promise<Answer> {
  const json = (status: number, value: object): Answer => ({
    status,
    type: 'application/json; charset=utf-8',
    body: JSON.stringify(value),
  });
  if (method !== 'GET' && method !== 'HEAD') return json(405, { status: 'methodNotAllowed' });
  if (url === '/health') return json(200, { status: 'ok' });
  if (url === '/metrics')
    return { status: 200, type: metrics.registry.contentType, body: await metrics.registry.metrics() };
  if (url !== '/ready') return json(404, { status: 'notFound' });
  const { isReady, parts } = await readiness.read();
  return json(isReady ? 200 : 503, { status: isReady ? 'ready' : 'notReady', parts });
}
