import type { User } from '@revtr/storage';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditEvents } from '../../audit/audit-events.ts';
import { ControllerError } from '../../foundation/errors.ts';
import type { Authenticator } from './authenticate.ts';
import { clientOf } from './client-address.ts';

/** Who may use a route: everybody, everybody with an API key, or operators. */
type Access = 'public' | 'user' | 'operator';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says it; the server refuses to start otherwise. */
    access?: Access;
  }
  interface FastifyRequest {
    /** The authenticated user; `null` on public routes. */
    user: User | null;
  }
}

/**
 * Checks who sends a request before its body is read, on every route: what a route does not allow costs neither memory nor parsing.
 * Applies to routes that are registered afterwards on `app` and its children.
 */
export function installAccess(
  app: FastifyInstance,
  {
    authenticator,
    auditEvents,
  }: { readonly authenticator: Authenticator; readonly auditEvents: Pick<AuditEvents, 'count'> },
): void {
  const authenticate = async (request: FastifyRequest): Promise<User> => {
    const client = clientOf(request);
    try {
      const user = await authenticator.userOf(request);
      auditEvents.count({ kind: 'login', userId: user.id, client });
      return user;
    } catch (error) {
      if (error instanceof ControllerError) auditEvents.count({ kind: 'unknownKey', client, detail: error.message });
      throw error;
    }
  };
  app.decorateRequest('user', null);
  app.addHook('onRoute', ({ config, url, method }) => {
    if (config?.access === undefined) throw new Error(`the route ${String(method)} ${url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request) => {
    const { access } = request.routeOptions.config;
    // Without a route there is nothing to protect: the answer is 404.
    if (access === undefined || access === 'public') return;
    const user = await authenticate(request);
    if (access === 'operator' && user.role !== 'operator')
      throw new ControllerError('forbidden', 'only operators may do this');
    request.user = user;
  });
}

/** The authenticated user of a request, on a route that is not public. */
export function userOf({ user }: FastifyRequest): User {
  if (user === null) throw new ControllerError('unauthorized', 'the request carries no API key');
  return user;
}
