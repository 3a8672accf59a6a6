import type { OpenSession } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { callerOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import { SESSION_IDLE_MS } from '../http/session-cookie.ts';
import { scopeSchema } from './account-schemas.ts';

const openSessionSchema = z.object({
  id: z.int(),
  scopes: z.array(scopeSchema),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  lastUsedAt: z.iso.datetime().describe('Exact to one minute'),
  keyName: z.string().optional().describe('Name of the API key with which it began; absent after a mailed link'),
  isCurrent: z.boolean().describe('Whether this request was sent with the session'),
});
z.globalRegistry.add(openSessionSchema, { id: 'OpenSession' });

/** The browser sessions of the user: listed, and ended one by one. */
export function registerOpenSessions(
  app: FastifyInstance,
  { sessions, authenticator, clock }: Pick<ApiCollaborators, 'sessions' | 'authenticator' | 'clock'>,
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const parts = { tags: ['account'], security };

  routes.get(
    '/api/v2/sessions',
    {
      config: { access: 'account' },
      schema: {
        ...parts,
        operationId: 'listSessions',
        summary: 'Your browser sessions that have not ended, the latest used first',
        response: { 200: z.object({ sessions: z.array(openSessionSchema) }), ...errorResponses },
      },
    },
    async (request) => {
      const { user, sessionId } = callerOf(request);
      const now = clock.now();
      const open = await sessions.of(user.id, new Date(now), new Date(now - SESSION_IDLE_MS));
      return { sessions: open.map((session) => toOpenSession(session, sessionId)) };
    },
  );

  routes.delete(
    '/api/v2/sessions/:id',
    {
      config: { access: 'account' },
      schema: {
        ...parts,
        operationId: 'endSession',
        summary: 'End one of your browser sessions',
        params: z.object({ id: numberInUrl }),
        response: { 200: z.object({ id: z.int() }), ...errorResponses },
      },
    },
    async (request) => {
      const { user } = callerOf(request);
      const { id } = request.params;
      if (!(await sessions.end(id, user.id))) throw new ControllerError('notFound', `you have no session ${id}`);
      authenticator.forget(user.id);
      return { id };
    },
  );
}

function toOpenSession(session: OpenSession, currentId: number | null): z.infer<typeof openSessionSchema> {
  const { id, scopes, created_at, expires_at, last_used_at, key_name } = session;
  return {
    id,
    scopes: [...scopes],
    createdAt: created_at.toISOString(),
    expiresAt: expires_at.toISOString(),
    lastUsedAt: last_used_at.toISOString(),
    ...(key_name !== null && { keyName: key_name }),
    isCurrent: id === currentId,
  };
}
