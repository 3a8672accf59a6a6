import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';

const mailSchema = z.object({
  id: z.int(),
  recipient: z.string(),
  subject: z.string(),
  body: z.string(),
  createdAt: z.iso.datetime(),
  sentAt: z.iso.datetime().optional(),
  attempts: z.int(),
  lastError: z.string().optional(),
});
const LONGEST_LIST = 200;

/** The root certificate for agents, and the mails, which operators read. */
export function registerOperations(app: FastifyInstance, { mails, measuring }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get('/api/v2/root.crt', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) => {
    if (measuring.rootCertificate === undefined)
      throw new ControllerError('notFound', 'no agents connect to this controller');
    return reply.type('application/x-pem-file').send(measuring.rootCertificate);
  });

  routes.get(
    '/api/v2/mails',
    {
      config: { access: 'operator' },
      schema: {
        summary: 'The last mails, newest first (operators)',
        tags: ['operations'],
        security,
        response: { 200: z.object({ mails: z.array(mailSchema) }), ...errorResponses },
      },
    },
    async (_request) => {
      const rows = await mails.list(LONGEST_LIST);
      return {
        mails: rows.map(({ id, recipient, subject, body, created_at, sent_at, attempts, last_error }) => ({
          id,
          recipient,
          subject,
          body,
          attempts,
          createdAt: created_at.toISOString(),
          ...(sent_at && { sentAt: sent_at.toISOString() }),
          ...(last_error !== null && { lastError: last_error }),
        })),
      };
    },
  );
}
