import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuditEvents } from '../../audit/audit-events.ts';
import { clientOf } from './client-address.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The event in which this action of an operator was stored. */
    actionId: number | undefined;
  }
}

/** Measurements and raw probes have records of their own. */
const NOT_LOGGED: ReadonlySet<string> = new Set([
  ...['/api/v1/revtr', '/api/v2/revtr', '/api/v2/probes'],
  ...['/api/v1/ping', '/api/v1/rr', '/api/v1/ts', '/api/v1/traceroute'],
]);
const READING: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
const LONGEST_BODY = 1_500;
const SECRET = /key|secret|password|token|^auth$/i;

/**
 * Stores every request by which an operator changes something, before it is carried out, and the status of its answer afterwards. An action
 * that cannot be stored is not carried out. Applies to routes that are registered afterwards.
 */
export function installActionLog(app: FastifyInstance, events: Pick<AuditEvents, 'act' | 'ended'>): void {
  app.decorateRequest('actionId', undefined);
  app.addHook('preHandler', async (request) => {
    const { caller, method, routeOptions } = request;
    if (caller?.user.role !== 'operator' || READING.has(method) || NOT_LOGGED.has(routeOptions.url ?? '')) return;
    request.actionId = await events.act({
      userId: caller.user.id,
      client: clientOf(request),
      subject: `${method} ${request.url.split('?')[0]}`,
      detail: describe(request),
    });
  });
  app.addHook('onResponse', async ({ actionId, log }, reply) => {
    if (actionId === undefined) return;
    await events.ended(actionId, reply.statusCode).catch((error: unknown) => {
      log.error({ err: error }, 'the outcome of an action cannot be stored in the audit');
    });
  });
}

function describe({ query, body }: FastifyRequest): string {
  const parts = { ...objectOf(query), ...objectOf(body) };
  if (Object.keys(parts).length === 0) return '';
  return JSON.stringify(parts, (name, value: unknown) => (SECRET.test(name) ? '[not recorded]' : value)).slice(
    0,
    LONGEST_BODY,
  );
}

/** Bodies may be streams or bytes, which are not recorded. */
function objectOf(value: unknown): object {
  const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? value : Object.getPrototypeOf(value ?? []) === null ? { ...Object(value) } : {};
}
