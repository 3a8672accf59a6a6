import type { FastifyRequest } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';

/** Pages of other origins cannot send this header: the server answers no preflight request. */
const HEADER = 'revtr-csrf';
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD']);

/**
 * Refuses a request that changes something with the cookie of a browser, unless a page of this server sent it (OWASP, Cross-Site Request
 * Forgery Prevention). `publicUrl` is the address of the server as browsers see it, where that is not the host of the request.
 * @throws {ControllerError} `forbidden`
 */
export function refuseForgery(request: FastifyRequest, publicUrl: string | undefined): void {
  if (SAFE_METHODS.has(request.method)) return;
  if (request.headers[HEADER] === undefined)
    throw new ControllerError('forbidden', 'a request with a session needs the header Revtr-Csrf, with any value');
  refuseForeignOrigin(request, publicUrl);
}

/** Refuses a request that a page of another origin sent. Programs that are no browsers send no origin. @throws {ControllerError} `forbidden` */
export function refuseForeignOrigin({ headers, host }: FastifyRequest, publicUrl: string | undefined): void {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  const isForeignSite = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (!isForeignSite && (origin === undefined || isOwn(origin, host, publicUrl))) return;
  throw new ControllerError('forbidden', 'a page of another origin sent the request');
}

function isOwn(origin: string, host: string, publicUrl: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  const sender = new URL(origin);
  if (publicUrl !== undefined && sender.origin === new URL(publicUrl).origin) return true;
  // A proxy may have ended TLS, so the scheme of the connection says nothing.
  return sender.host === host;
}
