import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';
import { networkSchema } from './opt-outs.ts';

const contactSchema = z.object({ network: z.string(), email: z.string() });
z.globalRegistry.add(contactSchema, { id: 'AbuseContact' });

/** Registered abuse contacts of networks, which may confirm requests to opt out. */
export function registerAbuseContacts(app: FastifyInstance, { abuseContacts }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const config = { access: 'operate' } as const;
  const parts = { tags: ['opt-outs'], security };

  routes.get(
    '/api/v2/abuse-contacts',
    {
      config,
      schema: {
        ...parts,
        operationId: 'listAbuseContacts',
        summary: 'Abuse contacts that operators entered (operators)',
        response: { 200: z.object({ contacts: z.array(contactSchema) }), ...errorResponses },
      },
    },
    async () => ({ contacts: (await abuseContacts.list()).map(({ network, email }) => ({ network, email })) }),
  );

  routes.put(
    '/api/v2/abuse-contacts',
    {
      config,
      schema: {
        ...parts,
        operationId: 'setAbuseContact',
        summary: 'Set the registered abuse contact of a network (operators)',
        body: z.object({ network: networkSchema, email: z.email().max(254) }),
        response: { 200: contactSchema, ...errorResponses },
      },
    },
    async ({ body: { network, email } }) => {
      await abuseContacts.put(network.network, email);
      return { network: network.network, email };
    },
  );

  routes.delete(
    '/api/v2/abuse-contacts',
    {
      config,
      schema: {
        ...parts,
        operationId: 'removeAbuseContact',
        summary: 'Remove the abuse contact of a network (operators)',
        querystring: z.object({ network: networkSchema }),
        response: { 200: z.object({ network: z.string() }), ...errorResponses },
      },
    },
    async ({ query: { network } }) => {
      if (!(await abuseContacts.remove(network.network)))
        throw new ControllerError('notFound', `${network.network} has no abuse contact`);
      return { network: network.network };
    },
  );
}
