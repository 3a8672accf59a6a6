import { createServer, type Server } from 'node:http';
import { listen } from '@revtr/link';
import { jsonAnswer, MONITORING, type MonitoringAnswer, type MonitoringCollaborators } from './monitoring.ts';

/** Only monitoring and service managers connect. */
const MOST_CONNECTIONS = 100;
const HEADERS_MS = 10_000;

/** Serves health, readiness and metrics in plain HTTP, apart from the API. Everybody who reaches the port may read them. */
export class HealthServer {
  readonly #listen: { readonly host: string; readonly port: number };
  readonly #server: Server;

  constructor(
    options: { readonly host: string /** 0 takes any free port. */; readonly port: number },
    collaborators: MonitoringCollaborators,
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
  collaborators: MonitoringCollaborators,
): Promise<MonitoringAnswer> {
  if (method !== 'GET' && method !== 'HEAD') return jsonAnswer(405, { status: 'methodNotAllowed' });
  const read = MONITORING.get(url ?? '');
  return read === undefined ? jsonAnswer(404, { status: 'notFound' }) : read(collaborators);
}
