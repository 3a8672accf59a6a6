import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { MOST_BODY } from '../../probes/probe-request.ts';
import { callerOf, userOf } from '../http/access.ts';
import { baseUrlOf } from '../http/base-url.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses, streamResponse } from '../http/errors.ts';
import { rateLimitHeaders } from '../http/rate-limit-headers.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import { StreamLimit } from '../http/stream-limit.ts';
import { newProbesSchema, probeSetSchema, toAskedProbes, toProbeSet } from './probe-schemas.ts';
import { streamProbes } from './probe-stream.ts';

const paramsSchema = z.object({ id: numberInUrl });
const acceptedSchema = z.object({
  id: z.int(),
  total: z.int(),
  uri: z.string().describe('Where the probes and their results are'),
});

const MOST_SETS = 100;
const setsSchema = z.object({
  sets: z.array(z.object({ id: z.int(), createdAt: z.iso.datetime(), total: z.int(), done: z.int() })),
  next: z.int().optional().describe('Value of `before` for the next page; absent on the last page'),
});

const STREAMS = { perUser: 20, inAll: 500 };

/** Raw probes: single pings, Record Route and Timestamp probes and traceroutes from sources and vantage points. */
export function registerProbes(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { probes, authenticator, publicUrl } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const streams = new StreamLimit(STREAMS);

  routes.post(
    '/api/v2/probes',
    {
      config: { access: 'measure', mostValues: MOST_BODY.values },
      bodyLimit: MOST_BODY.bytes,
      schema: {
        operationId: 'sendProbes',
        summary: 'Send raw probes: pings, Record Route or Timestamp probes, or traceroutes',
        description:
          'At most 1,000 probes in a request; each counts as a measurement in your limits. The probes are durable when the answer is sent. One probe that must not be sent refuses all.',
        tags: ['probes'],
        security,
        body: newProbesSchema,
        response: { 202: acceptedSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { user, keyId } = callerOf(request);
      const { id, limits } = await probes.submission.submit(user, toAskedProbes(request.body), keyId);
      reply.headers(rateLimitHeaders(limits));
      const uri = `${baseUrlOf(request, publicUrl)}/api/v2/probes/${id}`;
      return reply.code(202).send({ id, total: request.body.probes.length, uri });
    },
  );

  routes.get(
    '/api/v2/probes',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'listProbeSets',
        summary: 'Your requests for raw probes, newest first',
        description: 'In pages. Pass `next` of an answer as `before` of the next request until an answer has none.',
        tags: ['probes'],
        security,
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(MOST_SETS).default(MOST_SETS).describe('Most requests'),
          before: numberInUrl.optional().describe('Id before which the page begins'),
        }),
        response: { 200: setsSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { limit, before } = request.query;
      const found = await probes.sets.latestOf(userOf(request).id, limit, before);
      return {
        sets: found.map(({ id, size, done, created_at }) => ({
          ...{ id, done, total: size, createdAt: created_at.toISOString() },
        })),
        ...(found.length === limit && { next: found[found.length - 1].id }),
      };
    },
  );

  routes.get(
    '/api/v2/probes/:id',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'getProbes',
        summary: 'Raw probes with their results',
        tags: ['probes'],
        security,
        params: paramsSchema,
        response: { 200: probeSetSchema, ...errorResponses },
      },
    },
    async (request) => {
      const set = await probes.submission.setOf(userOf(request), request.params.id);
      return toProbeSet(set, await probes.sets.probesOf(set.id));
    },
  );

  routes.get(
    '/api/v2/probes/:id/events',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'streamProbeEvents',
        summary: 'Progress of raw probes as server-sent events',
        description: 'Events: `progress` {total, done}, `probeEnded` {probe}, `complete` {total}.',
        tags: ['probes'],
        security,
        params: paramsSchema,
        response: {
          200: streamResponse('The events, until all probes have ended', 'text/event-stream'),
          ...errorResponses,
        },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      const { id, size } = await probes.submission.setOf(user, request.params.id);
      streams.enter(user.id, reply.raw);
      const checkPermission = async (): Promise<unknown> => {
        const now = await authenticator.callerOf(request);
        return probes.submission.setOf(now.user, id);
      };
      streamProbes({ setId: id, total: size, checkPermission }, reply, collaborators);
      return reply;
    },
  );
}
