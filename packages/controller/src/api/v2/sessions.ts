import { generateToken, hashToken, type Scope, USER_SCOPES } from '@revtr/storage';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { callerOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { refuseForeignOrigin } from '../http/forgery.ts';
import { lineOf, security } from '../http/route-parts.ts';
import { clearSessionCookie, SESSION_MS, setSessionCookie } from '../http/session-cookie.ts';

/** How often one client address may try to log in, have mails sent, and use links. */
const LOG_INS = { max: 30, timeWindow: '1 minute' };
const MAILS = { max: 10, timeWindow: '1 hour' };
const LINKS = { max: 30, timeWindow: '1 minute' };

const sessionSchema = z.object({ scopes: z.array(z.string()), expiresAt: z.iso.datetime() });
z.globalRegistry.add(sessionSchema, { id: 'Session' });
const mailedSchema = z.object({ state: z.literal('mailed') });
const redeemedSchema = z.object({
  purpose: z.enum(['verifyApplication', 'collectKey', 'register', 'logIn']),
  key: z.string().optional().describe('Your new API key, shown this once'),
  applicationId: z.int().optional().describe('The application that counts now'),
});
z.globalRegistry.add(redeemedSchema, { id: 'RedeemedLink' });

/** Sessions of browsers, registration, and the links that are mailed. */
export function registerSessions(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { accountService, authenticator, sessions, clock, publicUrl } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const tags = ['account'];
  const begin = async (
    reply: FastifyReply,
    owner: { readonly userId: number; readonly keyId: number | null; readonly scopes: readonly Scope[] },
  ): Promise<Date> => {
    const token = generateToken();
    const now = new Date(clock.now());
    const expiresAt = new Date(now.getTime() + SESSION_MS);
    await sessions.begin({ ...owner, hash: hashToken(token), now, expiresAt });
    setSessionCookie(reply, token);
    return expiresAt;
  };

  routes.post(
    '/api/v2/sessions',
    {
      config: { access: 'public', rateLimit: LOG_INS },
      schema: {
        operationId: 'createSession',
        summary: 'Log a browser in with an API key',
        description:
          'Sets a cookie. Requests that change something must then carry the header Revtr-Csrf, with any value, and come from a page of this server.',
        tags,
        body: z.object({ key: z.string().min(1).max(256) }),
        response: { 200: sessionSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      refuseForeignOrigin(request, publicUrl);
      const { user, keyId, scopes } = await authenticator.callerWith(request, request.body.key);
      const expiresAt = await begin(reply, { userId: user.id, keyId, scopes });
      return { scopes: [...scopes], expiresAt: expiresAt.toISOString() };
    },
  );

  routes.delete(
    '/api/v2/sessions',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'endOwnSession',
        summary: 'Log the browser out',
        tags,
        security,
        response: { 200: z.object({ state: z.literal('ended') }), ...errorResponses },
      },
    },
    async (request, reply) => {
      const { sessionId, user } = callerOf(request);
      if (sessionId === null) throw new ControllerError('conflict', 'the request was not sent with a session');
      await sessions.end(sessionId);
      authenticator.forget(user.id);
      clearSessionCookie(reply);
      return { state: 'ended' as const };
    },
  );

  routes.post(
    '/api/v2/sessions/link',
    {
      config: { access: 'public', rateLimit: MAILS },
      schema: {
        operationId: 'mailSessionLink',
        summary: 'Mail a link that logs a browser in',
        description: 'The answer does not say whether there is an account. The session has no scope operate.',
        tags,
        body: z.object({ email: z.email().max(254) }),
        response: { 202: mailedSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      await accountService.mailLogInLink(request.body.email);
      reply.code(202);
      return { state: 'mailed' as const };
    },
  );

  routes.get(
    '/api/v2/registrations',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getRegistrationState',
        summary: 'Whether anybody may register, or only people whom an operator invites',
        tags,
        response: { 200: z.object({ isOpen: z.boolean() }), ...errorResponses },
      },
    },
    async () => ({ isOpen: accountService.isRegistrationOpen }),
  );

  routes.post(
    '/api/v2/registrations',
    {
      config: { access: 'public', rateLimit: MAILS },
      schema: {
        operationId: 'registerUser',
        summary: 'Register: a link is mailed that creates the account',
        description:
          'Refused unless the operator has opened registration. The answer does not say whether there is an account.',
        tags,
        body: z.object({ name: lineOf(200), email: z.email().max(254) }),
        response: { 202: mailedSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      await accountService.register(request.body);
      reply.code(202);
      return { state: 'mailed' as const };
    },
  );

  routes.post(
    '/api/v2/links',
    {
      config: { access: 'public', rateLimit: LINKS },
      schema: {
        operationId: 'redeemLink',
        summary: 'Use a mailed link: it works once',
        tags,
        body: z.object({ token: z.string().min(1).max(256) }),
        response: { 200: redeemedSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      refuseForeignOrigin(request, publicUrl);
      reply.header('cache-control', 'no-store');
      const redeemed = await accountService.redeem(request.body.token);
      if (redeemed.purpose === 'verifyApplication')
        return { purpose: redeemed.purpose, applicationId: redeemed.application.id };
      if (redeemed.purpose !== 'logIn') return { purpose: redeemed.purpose, key: redeemed.key };
      // Whoever reads somebody's mail must not become an operator by it.
      await begin(reply, { userId: redeemed.user.id, keyId: null, scopes: USER_SCOPES });
      return { purpose: redeemed.purpose };
    },
  );
}
