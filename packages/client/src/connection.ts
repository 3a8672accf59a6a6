import createFetchClient, { type Client } from 'openapi-fetch';
import { ClientError } from './errors.ts';
import type { components, paths } from './generated/api.ts';

export interface ClientOptions {
  /** Address of the server, for instance `http://127.0.0.1:8080`. */
  readonly server: string;
  /** API key; some calls need none. */
  readonly key: string;
  /** Default: the platform's own. */
  readonly fetch?: typeof globalThis.fetch;
}

type ErrorBody = components['schemas']['Error'];

/** How a server is reached; every failure becomes a {@link ClientError}. */
export class Connection {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly fetch: typeof globalThis.fetch;
  /** Calls by path, typed by the server's document. */
  readonly api: Client<paths>;

  constructor(options: ClientOptions) {
    this.server = options.server.replace(/\/+$/, '');
    this.headers = options.key === '' ? {} : { 'revtr-key': options.key };
    this.fetch = options.fetch ?? globalThis.fetch;
    this.api = createFetchClient<paths>({
      baseUrl: this.server,
      headers: this.headers,
      fetch: (request) => this.reach(() => this.fetch(request)),
    });
  }

  /** @throws {ClientError} `unreachable` */
  async reach(send: () => Promise<Response>): Promise<Response> {
    try {
      return await send();
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') throw error;
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new ClientError('unreachable', `no server at ${this.server}: ${reason}`);
    }
  }
}

/** The data of a good answer. @throws {ClientError} for any other */
export function good<T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T {
  if (data === undefined) throw toClientError(response, error);
  return data;
}

/** The error that an answer tells of. */
export function toClientError({ status }: Response, body: unknown): ClientError {
  const { code, message, details } = isErrorBody(body)
    ? body.error
    : { code: 'unknown', message: `status ${status}`, details: [] };
  const kind = status === 401 ? 'unauthorized' : status === 404 ? 'notFound' : status === 429 ? 'quota' : 'refused';
  return new ClientError(kind, message, { status, code, details });
}

function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'object';
}
