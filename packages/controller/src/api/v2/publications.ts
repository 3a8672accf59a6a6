import { asPathOfNumbers } from '@revtr/engine';
import type { Publication, User } from '@revtr/storage';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { embedCode } from '../../pictures/embed-code.ts';
import { publicResultSchema } from '../../publications/public-result.ts';
import { userOf } from '../http/access.ts';
import { baseUrlOf } from '../http/base-url.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import { networkNames } from './network-names.ts';

const READS_A_MINUTE = 240;

const publicationSchema = z.object({
  measurementId: z.int(),
  token: z.string().describe('Whoever has it can see the result'),
  publishedAt: z.iso.datetime(),
  url: z.string().describe('Page of the result'),
  svg: z.string().describe('Picture of the path; `?theme=light|dark|auto&layout=wide|narrow`'),
  png: z.string().describe('Picture of the path; `?theme=light|dark&layout=wide|narrow`'),
  embed: z.string().describe('Page of the result for an `iframe`'),
  embedCode: z.string().describe('HTML that shows the result in another page'),
});
z.globalRegistry.add(publicationSchema, { id: 'Publication' });

const recentSchema = z.object({
  results: z.array(
    z.object({
      id: z.int(),
      source: z.string(),
      destination: z.string(),
      createdAt: z.iso.datetime(),
      stopReason: z.string().optional(),
      networks: z.array(z.int()).describe('AS numbers that the path passes, from the destination to the source'),
    }),
  ),
  names: z.record(z.string(), z.string()).describe('Names of the networks, by AS number'),
});
const asnsSchema = z.array(z.int());

/** Publishing of results, and reading what is public. */
export function registerPublications(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { publications, visitors, facts, publicUrl } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const params = z.object({ id: numberInUrl });
  const parts = { tags: ['publications'], security, params, response: { 200: publicationSchema, ...errorResponses } };

  const show = async (
    request: FastifyRequest,
    publication: Publication,
  ): Promise<z.infer<typeof publicationSchema>> => {
    const { measurement_id, token, published_at } = publication;
    const base = baseUrlOf(request, publicUrl);
    const url = `${base}/results/${token}`;
    const embed = `${base}/embed/${token}`;
    return {
      measurementId: measurement_id,
      token,
      publishedAt: published_at.toISOString(),
      url,
      svg: `${url}/path.svg`,
      png: `${url}/path.png`,
      embed,
      embedCode: embedCode(embed, (await publications.resultBy(token)).result),
    };
  };

  routes.put(
    '/api/v2/measurements/:id/publication',
    {
      config: { access: 'measure', forVisitors: true },
      schema: {
        ...parts,
        operationId: 'publishMeasurement',
        summary: 'Publish a result',
        description:
          'Everybody who has the token can see the path. A result that is published already keeps its token.',
      },
    },
    async (request) => show(request, await publications.publish(userOf(request), request.params.id)),
  );

  routes.get(
    '/api/v2/measurements/:id/publication',
    {
      config: { access: 'read', forVisitors: true },
      schema: { ...parts, operationId: 'getPublication', summary: 'How a result is published' },
    },
    async (request) => show(request, await publications.publicationOf(userOf(request), request.params.id)),
  );

  routes.delete(
    '/api/v2/measurements/:id/publication',
    {
      config: { access: 'measure' },
      schema: {
        ...parts,
        response: { 200: z.object({ measurementId: z.int() }), ...errorResponses },
        operationId: 'unpublishMeasurement',
        summary: 'Unpublish a result',
        description: 'The token stops working at once and never works again.',
      },
    },
    async (request) => {
      const { measurement_id } = await publications.unpublish(userOf(request), request.params.id);
      return { measurementId: measurement_id };
    },
  );

  routes.get(
    '/api/v2/public-results/:token',
    {
      config: { access: 'public', rateLimit: { max: READS_A_MINUTE, timeWindow: '1 minute' } },
      schema: {
        operationId: 'getPublicResult',
        summary: 'A published result',
        description: 'Without the user, the label, the batch, the evidence and the forward path.',
        tags: ['publications'],
        params: z.object({ token: z.string().max(64) }),
        response: { 200: publicResultSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      // It can be unpublished.
      reply.header('cache-control', 'no-cache');
      return (await publications.resultBy(request.params.token)).result;
    },
  );

  routes.get(
    '/api/v2/public-results',
    {
      config: { access: 'public', rateLimit: { max: READS_A_MINUTE, timeWindow: '1 minute' } },
      schema: {
        operationId: 'listPublicResults',
        summary: 'The latest results of people without an account',
        description: 'Empty where they may not measure. The list may be five seconds old.',
        tags: ['publications'],
        response: { 200: recentSchema, ...errorResponses },
      },
    },
    async () => {
      const account: Pick<User, 'id'> | undefined = await visitors.account();
      const rows = account === undefined ? [] : await publications.recentOf(account);
      const results = rows.map(({ id, source, destination, created_at, stop_reason, asns }) => ({
        id,
        source,
        destination,
        createdAt: created_at.toISOString(),
        ...(stop_reason !== null && { stopReason: stop_reason }),
        networks: asPathOfNumbers(asnsSchema.parse(asns)),
      }));
      const asns = results.flatMap(({ networks }) => networks);
      return { results, names: networkNames(asns, facts) };
    },
  );
}
