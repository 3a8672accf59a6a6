import { formatPrefix, parsePrefix } from '@revtr/net';
import type { Mail } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { parsed } from '../../foundation/parsed.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';

const prefixSchema = parsed((text) => formatPrefix(parsePrefix(text)));
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
const optOutSchema = z.object({ prefix: z.string(), reason: z.string() });
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

/** What operators read and set: mails, and ranges whose holders want no probes. The latter may be read by everybody. */
export function registerOperations(app: FastifyInstance, { mails, links, optOuts, measuring }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const publish = async (): Promise<void> => {
    await optOuts.published.refresh();
    measuring.publishOptOut();
  };

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
        summary: 'A mail with a link that works, to forward by hand (operators)',
        description: 'Links are not stored, so this makes a new one; earlier links of the mail stop working.',
        tags: ['operations'],
        security,
        params: z.object({ id: numberInUrl }),
        response: { 200: mailSchema.extend({ token: z.string() }), ...errorResponses },
      },
    },
    async (request, reply) => {
      const mail = await links.handOver(request.params.id);
      reply.header('cache-control', 'no-store');
      return { ...toMail(mail), token: mail.token };
    },
  );

  routes.get(
    '/api/v2/opt-outs',
    {
      config: { access: 'public' },
      schema: {
        summary: 'Ranges that are not probed because their holders asked for it',
        tags: ['operations'],
        response: { 200: z.object({ optOuts: z.array(optOutSchema) }), ...errorResponses },
      },
    },
    async () => ({ optOuts: (await optOuts.table.list()).map(({ prefix, reason }) => ({ prefix, reason })) }),
  );

  routes.post(
    '/api/v2/opt-outs',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Probe a range no more (operators)',
        tags: ['operations'],
        security,
        body: z.object({ prefix: prefixSchema, reason: z.string().max(500).default('') }),
        response: { 200: optOutSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { prefix, reason } = request.body;
      await optOuts.table.put(prefix, reason);
      await publish();
      return { prefix, reason };
    },
  );

  routes.delete(
    '/api/v2/opt-outs',
    {
      config: { access: 'operate' },
      schema: {
        summary: 'Allow probes to a range again (operators)',
        tags: ['operations'],
        security,
        querystring: z.object({ prefix: prefixSchema }),
        response: { 200: z.object({ prefix: z.string() }), ...errorResponses },
      },
    },
    async (request) => {
      const { prefix } = request.query;
      if (!(await optOuts.table.remove(prefix))) throw new ControllerError('notFound', `${prefix} is not on the list`);
      await publish();
      return { prefix };
    },
  );
}
