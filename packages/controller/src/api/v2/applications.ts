import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { LONGEST_ADDRESS } from '../../foundation/address-schema.ts';
import { requireAccess, userOf } from '../http/access.ts';
import { carriesCredential } from '../http/authenticate.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { lineOf, numberInUrl, security } from '../http/route-parts.ts';
import { applicationSchema, stateSchema, toApplication } from './agent-schemas.ts';

const newApplicationSchema = z.object({
  address: z.string().max(LONGEST_ADDRESS).describe('Public IPv4 address of the source'),
  hosting: lineOf(500).describe('Where that address is hosted'),
  reason: z.string().trim().min(1).max(2_000).describe('Why you want to add a source'),
  name: lineOf(200).optional().describe('Required without an API key'),
  email: z
    .email()
    .max(254)
    .optional()
    .describe('Required without an API key. With one, operators alone may give another address than their own'),
  confirmEmail: z
    .boolean()
    .optional()
    .describe('Operators: the application counts when the applicant has opened the link that is mailed to them'),
});
const decisionSchema = z.object({ note: z.string().max(2_000).default('').describe('Goes into the mail') });

/** How often one client address may apply without a key. A key is checked before anything is stored. */
const LIMIT = { max: 10, timeWindow: '1 hour', allowList: carriesCredential };

/** Applications of people who want to host sources. */
export function registerApplications(app: FastifyInstance, { applications, authenticator }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { table, decisions } = applications;
  /** Sets the caller before the body is read: what operators enter goes into the log of their actions. */
  const identify = async (request: FastifyRequest): Promise<void> => {
    const caller = await authenticator.optionalCallerOf(request);
    if (caller === undefined) return;
    requireAccess(caller, 'host');
    request.caller = caller;
  };

  routes.post(
    '/api/v2/sources/applications',
    {
      config: { access: 'public', rateLimit: LIMIT },
      onRequest: identify,
      schema: {
        operationId: 'applyForSource',
        summary: 'Apply to host a source',
        description:
          'Needs no key: without one, the application counts when you have opened the link that is mailed to you. An operator decides; a new user gets a mail with a link to an API key.',
        tags: ['applications'],
        body: newApplicationSchema,
        response: { 200: z.object({ id: z.int(), state: stateSchema }), ...errorResponses },
      },
    },
    async (request) => {
      const { id, state } = await decisions.apply(request.body, request.caller?.user);
      return { id, state };
    },
  );

  routes.get(
    '/api/v2/sources/applications',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'listApplications',
        summary: 'Your applications; all of them, for operators. The newest come first',
        tags: ['applications'],
        security,
        querystring: z.object({ state: stateSchema.optional() }),
        response: { 200: z.object({ applications: z.array(applicationSchema) }), ...errorResponses },
      },
    },
    async (request) => {
      const user = userOf(request);
      const { state } = request.query;
      const found = user.role === 'operator' ? await table.list(state) : await table.of(user, state);
      return { applications: found.map(toApplication) };
    },
  );

  for (const decision of ['approve', 'refuse'] as const) {
    routes.post(
      `/api/v2/sources/applications/:id/${decision}`,
      {
        config: { access: 'operate' },
        schema: {
          operationId: `${decision}Application`,
          summary:
            decision === 'approve'
              ? 'Approve an application: a new user is mailed a link to an API key (operators)'
              : 'Refuse an application (operators)',
          tags: ['applications'],
          security,
          params: z.object({ id: numberInUrl }),
          body: decisionSchema.nullish(),
          response: { 200: applicationSchema, ...errorResponses },
        },
      },
      async (request) => {
        const operator = userOf(request);
        return toApplication(await decisions[decision](request.params.id, operator, request.body?.note ?? ''));
      },
    );
  }
}
