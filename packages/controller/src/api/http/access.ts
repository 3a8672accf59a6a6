import { type Scope, USER_SCOPES, type User } from '@revtr/storage';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditEvents } from '../../audit/audit-events.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { type Authenticator, type Caller, carriesCredential } from './authenticate.ts';
import { clientOf } from './client-address.ts';
import type { Visitors } from './visitors.ts';

/**
 * Who may use a route: everybody, or everybody whose credential has a scope. `account` needs all scopes of a user: whoever manages keys
 * and the account could otherwise gain scopes that the credential lacks. `operate` also needs the role operator.
 */
type Access = 'public' | 'account' | Scope;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says it; the server refuses to start otherwise. */
    access?: Access;
    /** Whether people without an account may use the route, where the operator lets them measure. Default false. */
    forVisitors?: boolean;
  }
  interface FastifyRequest {
    /** Who sent the request; `null` on public routes. */
    caller: Caller | null;
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
    visitors,
  }: {
    readonly authenticator: Authenticator;
    readonly auditEvents: Pick<AuditEvents, 'count'>;
    readonly visitors: Pick<Visitors, 'callerOf'>;
  },
): void {
  const authenticate = async (request: FastifyRequest): Promise<Caller> => {
    const client = clientOf(request);
    try {
      const caller = await authenticator.callerOf(request);
      auditEvents.count({ kind: 'login', userId: caller.user.id, client });
      return caller;
    } catch (error) {
      if (error instanceof ControllerError) auditEvents.count({ kind: 'unknownKey', client, detail: error.message });
      throw error;
    }
  };
  app.decorateRequest('caller', null);
  app.addHook('onRoute', ({ config, url, method }) => {
    if (config?.access === undefined) throw new Error(`the route ${String(method)} ${url} does not say who may use it`);
  });
  app.addHook('onRequest', async (request, reply) => {
    const { access, forVisitors = false } = request.routeOptions.config;
    // Without a route there is nothing to protect: the answer is 404.
    if (access === undefined || access === 'public') return;
    // A cache in between does not know that the key or the cookie of a request decides about the answer (RFC 9111, section 3).
    reply.header('cache-control', 'no-store');
    const isVisitor = forVisitors && !carriesCredential(request);
    const caller = await (isVisitor ? visitors.callerOf(request) : authenticate(request));
    requireAccess(caller, access);
    request.caller = caller;
  });
}

/** @throws {ControllerError} `forbidden` when the credential does not permit this */
export function requireAccess({ user, scopes }: Caller, access: Exclude<Access, 'public'>): void {
  const required = access === 'account' ? USER_SCOPES : [access];
  const missing = required.filter((scope) => !scopes.includes(scope));
  if (access === 'operate' && (missing.length > 0 || user.role !== 'operator'))
    throw new ControllerError('forbidden', 'only operators may do this, with a credential that has the scope operate');
  if (missing.length > 0)
    throw new ControllerError('forbidden', `your API key does not have the scope ${missing.join(', ')}`);
}

/** Who sent a request, on a route that is not public. */
export function callerOf({ caller }: FastifyRequest): Caller {
  if (caller === null) throw new ControllerError('unauthorized', 'the request carries no API key');
  return caller;
}

/** The authenticated user of a request, on a route that is not public. */
export function userOf(request: FastifyRequest): User {
  return callerOf(request).user;
}
