import { formatIpv4 } from '@revtr/net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { MOST_BODY } from '../../probes/probe-request.ts';
import type { AskedProbe } from '../../probes/probe-submission.ts';
import { callerOf, userOf } from '../http/access.ts';
import { baseUrlOf } from '../http/base-url.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { rateLimitHeaders } from '../http/rate-limit-headers.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import { pingsAnswerSchema, toPing } from './ping-json.ts';
import { pingRequestSchema, toPings, toTraceroutes, tracerouteRequestSchema } from './probe-json.ts';
import { toTraceroute, traceroutesAnswerSchema } from './traceroute-json.ts';

const acceptedSchema = z.object({ results: z.string().describe('Where the results are to be found') });
const batchSchema = z.object({ id: numberInUrl.describe('Number in the address under `results`') });
const vantagePointsSchema = z.object({
  VPS: z
    .array(z.object({ IP: z.string() }))
    .nullable()
    .describe('null when there is none'),
});
/** What each kind of request asks for. */
const PINGS = { ping: 'ping', rr: 'recordRoute', ts: 'timestamp' } as const;

/**
 * The measurement API of the original's controller: raw probes with the names that its clients know. It has the same rules as
 * `POST /api/v2/probes`, which stores more about each probe.
 */
export function registerMeasurementApi(app: FastifyInstance, { probes, publicUrl }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { submission } = probes;
  const parts = { tags: ['v1'], security };
  const accept = async (request: FastifyRequest, asked: readonly AskedProbe[], results: string) => {
    const { user, keyId } = callerOf(request);
    const { id, limits } = await submission.submit(user, asked, keyId);
    const uri = `${baseUrlOf(request, publicUrl)}/api/v1/${results}?id=${id}`;
    return { headers: rateLimitHeaders(limits), body: { results: uri } };
  };
  const endedOf = async (request: FastifyRequest, id: number, isWanted: (type: string) => boolean) => {
    const rows = await submission.probesOf(userOf(request), id);
    return rows.filter(({ state, request: asked }) => state === 'done' && isWanted(typeSchema.parse(asked).type));
  };

  routes.get(
    '/api/v1/vps',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'listSendersV1',
        summary: 'List the hosts that you may send probes from',
        response: { 200: vantagePointsSchema, ...errorResponses },
      },
    },
    async (request) => {
      const senders = await submission.sendersOf(userOf(request));
      return { VPS: senders.length === 0 ? null : senders.map((address) => ({ IP: formatIpv4(address) })) };
    },
  );

  for (const [name, type] of Object.entries(PINGS))
    routes.post(
      `/api/v1/${name}`,
      {
        config: { access: 'measure', mostValues: MOST_BODY.values },
        bodyLimit: MOST_BODY.bytes,
        schema: {
          ...parts,
          operationId: `send${type.charAt(0).toUpperCase()}${type.slice(1)}ProbesV1`,
          summary: `Send ${type} probes`,
          body: pingRequestSchema,
          response: { 200: acceptedSchema, ...errorResponses },
        },
      },
      async (request, reply) => {
        const { headers, body } = await accept(request, toPings(request.body, type), 'pings');
        return reply.headers(headers).send(body);
      },
    );

  routes.post(
    '/api/v1/traceroute',
    {
      config: { access: 'measure', mostValues: MOST_BODY.values },
      bodyLimit: MOST_BODY.bytes,
      schema: {
        ...parts,
        operationId: 'sendTraceroutesV1',
        summary: 'Send traceroutes',
        body: tracerouteRequestSchema,
        response: { 200: acceptedSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { headers, body } = await accept(request, toTraceroutes(request.body), 'traceroutes');
      return reply.headers(headers).send(body);
    },
  );

  routes.get(
    '/api/v1/pings',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'fetchPingsV1',
        summary: 'Fetch pings, Record Route and Timestamp probes that have ended',
        querystring: batchSchema,
        response: { 200: pingsAnswerSchema, ...errorResponses },
      },
    },
    async (request) => {
      const pings = (await endedOf(request, request.query.id, (type) => type !== 'traceroute')).map(toPing);
      return pings.length === 0 ? {} : { pings };
    },
  );

  routes.get(
    '/api/v1/pings/batch/responses',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'countPingsV1',
        summary: 'Count the pings that have ended',
        querystring: batchSchema,
        response: { 200: z.object({ count: z.int().optional() }), ...errorResponses },
      },
    },
    async (request) => {
      const { length: count } = await endedOf(request, request.query.id, (type) => type !== 'traceroute');
      return count === 0 ? {} : { count };
    },
  );

  routes.get(
    '/api/v1/traceroutes',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'fetchTraceroutesV1',
        summary: 'Fetch traceroutes that have ended',
        querystring: batchSchema,
        response: { 200: traceroutesAnswerSchema, ...errorResponses },
      },
    },
    async (request) => {
      const traceroutes = (await endedOf(request, request.query.id, (type) => type === 'traceroute')).map(toTraceroute);
      return traceroutes.length === 0 ? {} : { traceroutes };
    },
  );
}

const typeSchema = z.object({ type: z.string() });
