import { OPT_OUT_REQUEST_STATES, type OptOutRequest } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { parseNetwork } from '../../opt-outs/network.ts';
import { txtRecordOf } from '../../opt-outs/reverse-dns-proof.ts';
import { reverseZones } from '../../opt-outs/reverse-zone.ts';
import { userOf } from '../http/access.ts';
import { clientOf } from '../http/client-address.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import { networkSchema } from './opt-outs.ts';

const REQUESTS_AN_HOUR = 10;
const CHECKS_AN_HOUR = 120;
const MOST_BODY_BYTES = 8 * 2 ** 10;

/** What a requester states. */
export const wishSchema = z.object({
  network: networkSchema,
  email: z.email().max(254).optional().describe('Where to write when the request is decided'),
  reason: z.string().trim().max(500).default(''),
});

const stateSchema = z.object({
  network: z.string(),
  state: z.enum(OPT_OUT_REQUEST_STATES),
  expiresAt: z.iso.datetime(),
  token: z.string().describe('Names this request; not a secret once it is in the DNS'),
  record: z.string().describe('The TXT record that proves the request'),
  zones: z
    .array(z.array(z.string()))
    .describe('Domain names for the record: all of one inner list are needed. Empty for AS numbers.'),
  isContactMailed: z.boolean().describe('Whether a link was mailed to the registered abuse contact'),
});
const requestSchema = z.object({
  id: z.int(),
  network: z.string(),
  state: z.enum(OPT_OUT_REQUEST_STATES),
  reason: z.string(),
  email: z.string().optional(),
  contact: z.string().optional(),
  proof: z.enum(['dns', 'mail', 'operator']).optional(),
  note: z.string(),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
});
z.globalRegistry.add(requestSchema, { id: 'OptOutRequest' });

/** Requests of people without an account to stop probing their network. */
export function registerOptOutRequests(
  app: FastifyInstance,
  { optOutService, optOutRequests }: ApiCollaborators,
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const parts = { tags: ['opt-outs'] };

  routes.post(
    '/api/v2/opt-out-requests',
    {
      bodyLimit: MOST_BODY_BYTES,
      config: { access: 'public', rateLimit: { max: REQUESTS_AN_HOUR, timeWindow: '1 hour' } },
      schema: {
        ...parts,
        operationId: 'requestOptOut',
        summary: 'Ask to stop all probes to your network',
        description:
          'Needs no key. The request holds for 14 days. It takes effect as soon as the TXT record is in the reverse zone, the registered abuse contact confirms it, or an operator accepts it.',
        body: wishSchema,
        response: { 200: stateSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { network, email, reason } = request.body;
      return toState(await optOutService.request({ network, email, reason }, clientOf(request)));
    },
  );

  routes.post(
    '/api/v2/opt-out-requests/check',
    {
      bodyLimit: MOST_BODY_BYTES,
      config: { access: 'public', rateLimit: { max: CHECKS_AN_HOUR, timeWindow: '1 hour' } },
      schema: {
        ...parts,
        operationId: 'checkOptOutRequest',
        summary: 'Look for the record of a request in the reverse zone, and return its state',
        body: z.object({ token: z.string().regex(/^[0-9a-f]{32}$/) }),
        response: { 200: stateSchema, ...errorResponses },
      },
    },
    async ({ body: { token } }) => toState(await optOutService.check(token)),
  );

  routes.get(
    '/api/v2/opt-out-requests',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'listOptOutRequests',
        summary: 'Requests to opt out, newest first (operators)',
        security,
        querystring: z.object({ state: z.enum(OPT_OUT_REQUEST_STATES).optional() }),
        response: { 200: z.object({ requests: z.array(requestSchema) }), ...errorResponses },
      },
    },
    async ({ query: { state } }) => ({ requests: (await optOutRequests.list(state)).map(toRequest) }),
  );

  for (const decision of ['accept', 'refuse'] as const)
    routes.post(
      `/api/v2/opt-out-requests/:id/${decision}`,
      {
        config: { access: 'operate' },
        schema: {
          ...parts,
          operationId: `${decision}OptOutRequest`,
          summary:
            decision === 'accept'
              ? 'Accept a request to opt out (operators)'
              : 'Refuse a request to opt out (operators)',
          security,
          params: z.object({ id: numberInUrl }),
          body: z.object({ note: z.string().max(2_000).default('').describe('Goes into the mail') }).nullish(),
          response: { 200: requestSchema, ...errorResponses },
        },
      },
      async (request) => {
        const { id } = userOf(request);
        return toRequest(await optOutService[decision](request.params.id, id, request.body?.note ?? ''));
      },
    );
}

const toState = ({ network, state, expires_at, token, mailed_at }: OptOutRequest): z.infer<typeof stateSchema> => ({
  network,
  state,
  expiresAt: expires_at.toISOString(),
  token,
  record: txtRecordOf(token),
  zones: reverseZones(parseNetwork(network)).map((names) => [...names]),
  isContactMailed: mailed_at !== null,
});

function toRequest(request: OptOutRequest): z.infer<typeof requestSchema> {
  const { id, network, state, reason, email, contact, proof, note, created_at, expires_at } = request;
  return {
    id,
    network,
    state,
    reason,
    note,
    createdAt: created_at.toISOString(),
    expiresAt: expires_at.toISOString(),
    ...(email !== null && { email }),
    ...(contact !== null && { contact }),
    ...(proof !== null && { proof }),
  };
}
