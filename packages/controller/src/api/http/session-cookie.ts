import type { FastifyReply, FastifyRequest } from 'fastify';

/**
 * The prefix makes browsers refuse the cookie unless it is secure, for this host alone, and for all paths (RFC 6265bis, section
 * 4.1.3.2). Browsers treat loopback addresses as secure.
 */
const NAME = '__Host-revtr-session';
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Strict';

/** A session ends after this time, and earlier when it is not used for {@link SESSION_IDLE_MS}. */
export const SESSION_MS = 7 * 86_400_000;
export const SESSION_IDLE_MS = 86_400_000;

/** The token of the session in the cookies of a request. */
export function sessionTokenOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === NAME && value !== undefined && value !== '') return value;
  }
  return undefined;
}

/** Sends the cookie of a new session. */
export function setSessionCookie(reply: FastifyReply, token: string): void {
  reply.header('set-cookie', `${NAME}=${token}; Max-Age=${SESSION_MS / 1000}; ${ATTRIBUTES}`);
}

/** Makes the browser forget its session. */
export function clearSessionCookie(reply: FastifyReply): void {
  reply.header('set-cookie', `${NAME}=; Max-Age=0; ${ATTRIBUTES}`);
}
