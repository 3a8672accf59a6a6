/** What can go wrong between the client and the server. Codes are stable; `refused` carries the server's own code. */
export type ClientErrorCode = 'unreachable' | 'unauthorized' | 'notFound' | 'refused' | 'quota' | 'badAnswer';

/** One thing that the server finds wrong, and where in the request. */
export interface ServerDetail {
  readonly at: string;
  readonly code: string;
  readonly message: string;
}

/** The one error class of the client: a stable code, a sentence for a person, what the server said. */
export class ClientError extends Error {
  readonly code: ClientErrorCode;
  readonly status: number | undefined;
  /** The server's own code. */
  readonly serverCode: string | undefined;
  readonly details: readonly ServerDetail[];

  constructor(
    code: ClientErrorCode,
    message: string,
    server: { readonly status?: number; readonly code?: string; readonly details?: readonly ServerDetail[] } = {},
  ) {
    super(message);
    this.name = 'ClientError';
    this.code = code;
    this.status = server.status;
    this.serverCode = server.code;
    this.details = server.details ?? [];
  }
}
