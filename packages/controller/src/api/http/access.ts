import type { User } from '@revtr/storage';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ControllerError } from '../../foundation/errors.ts';
import type { Authenticator } from './authenticate.ts';

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
export function installAccess(app: FastifyInstance, authenticator: Authenticator): void {
  app.decorateRequest('user', null);
  app.addHook('onRoute', ({ config, url, method }) => {
    if (config?.access === undefined) throw new Error(`the route ${String(method)} ${url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request) => {
    const { access } = request.routeOptions.config;
    // Without a route there is nothing to protect: the answer is 404.
    if (access === undefined || access === 'public') return;
    const user = await authenticator.userOf(request);
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
