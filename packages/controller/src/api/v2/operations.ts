import type { Mail } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';

const mailSchema = z.object({
  id: z.int(),
  recipient: z.string(),
  subject: z.string(),
  body: z.string(),
  createdAt: z.iso.datetime(),
  sentAt: z.iso.datetime().optional(),
  attempts: z.int(),
  lastError: z.string().optional(),
  hasLink: z.boolean().describe('Whether the body contains a link, shown as {token}'),
});
const LONGEST_LIST = 200;

/** Writes a mail. */
function toMail(mail: Mail): z.infer<typeof mailSchema> {
  const { id, recipient, subject, body, created_at, sent_at, attempts, last_error, token_id } = mail;
  return {
    id,
    recipient,
    subject,
    body,
    attempts,
    hasLink: token_id !== null,
    createdAt: created_at.toISOString(),
    ...(sent_at && { sentAt: sent_at.toISOString() }),
    ...(last_error !== null && { lastError: last_error }),
  };
}

/** The root certificate for agents, and the mails, which operators read. */
export function registerOperations(app: FastifyInstance, { mails, links, measuring }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get('/api/v2/root.crt', { config: { access: 'public' }, schema: { hide: true } }, (_request, reply) => {
    if (measuring.rootCertificate === undefined)
      throw new ControllerError('notFound', 'no agents connect to this controller');
    return reply.type('application/x-pem-file').send(measuring.rootCertificate);
  });

  routes.get(
    '/api/v2/mails',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'listMails',
        summary: 'The last mails, newest first (operators)',
        tags: ['operations'],
        security,
        response: { 200: z.object({ mails: z.array(mailSchema) }), ...errorResponses },
      },
    },
    async (_request) => {
      return { mails: (await mails.list(LONGEST_LIST)).map(toMail) };
    },
  );

  routes.post(
    '/api/v2/mails/:id/link',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'renewMailLink',
        summary: 'A mail with a link that works, to forward by hand (operators)',
        description: 'Links are not stored, so this makes a new one; earlier links of the mail stop working.',
        tags: ['operations'],
        security,
        params: z.object({ id: numberInUrl }),
        response: { 200: mailSchema.extend({ token: z.string() }), ...errorResponses },
      },
    },
    async (request) => {
      const mail = await links.handOver(request.params.id);
      return { ...toMail(mail), token: mail.token };
    },
  );
}
