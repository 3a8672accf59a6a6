import { formatIpv4 } from '@revtr/net';
import type { MeasurementRow } from '@revtr/storage';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { callerOf, userOf } from '../http/access.ts';
import { baseUrlOf } from '../http/base-url.ts';
import { clientOf } from '../http/client-address.ts';
import { closedSignalOf } from '../http/closed-signal.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { rateLimitHeaders } from '../http/rate-limit-headers.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import { sendList } from '../http/send-list.ts';
import { camelCased, MOST_BATCH, refuseLongBody, runRevtrSchema, toRequestedPairs } from './request.ts';
import { getRevtrSchema, toRevtr } from './response.ts';

const sourcesSchema = z.object({
  srcs: z.array(z.object({ hostname: z.string().optional(), ip: z.string().optional(), site: z.string().optional() })),
});

const acceptedSchema = z.object({
  result_uri: z.string().describe('Where the results are to be found'),
  rejected: z
    .array(z.object({ index: z.int(), at: z.string(), code: z.string(), message: z.string() }))
    .optional()
    .describe('Pairs that cannot be measured; the others are'),
});

const LONGEST_IDEMPOTENCY_KEY = 255;
/** Most measurements with one label in an answer; version 2 has pages. */
const MOST_LABELLED = 10_000;

const querySchema = z.object({
  batchid: numberInUrl.optional(),
  label: z.string().min(1).optional(),
});

/** Version 1 of the API, as clients of the original know it. */
export function registerV1(
  app: FastifyInstance,
  { submission, batches, finder, sourceAccess, visitors, auditEvents, clock, publicUrl }: ApiCollaborators,
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/v1/sources',
    {
      config: { access: 'read', forVisitors: true },
      schema: {
        operationId: 'listSources',
        summary: 'List the sources that you may measure to',
        tags: ['v1'],
        security,
        response: { 200: sourcesSchema, ...errorResponses },
      },
    },
    async (request) => {
      const sources = await sourceAccess.readySources(userOf(request));
      return { srcs: sources.map(({ hostname, address, site }) => ({ hostname, ip: formatIpv4(address), site })) };
    },
  );

  const preValidation = async (request: FastifyRequest): Promise<void> => {
    refuseLongBody(request.body, submission.maxBatch);
    request.body = camelCased(request.body);
  };
  routes.post(
    '/api/v1/revtr',
    {
      config: { access: 'measure', forVisitors: true, mostValues: MOST_BATCH.values },
      preValidation,
      bodyLimit: MOST_BATCH.bytes,
      schema: {
        operationId: 'submitBatch',
        summary: 'Submit a batch of reverse traceroutes',
        description:
          'Property names may be in camel case or snake case. The batch is durable when the answer is sent. Pairs that cannot be measured are listed under `rejected`, and the others are measured.',
        tags: ['v1'],
        security,
        querystring: z.object({
          skipInvalid: z
            .enum(['true', 'false'])
            .default('true')
            .describe('`false`: one pair that cannot be measured refuses the whole batch'),
        }),
        headers: z.object({
          'idempotency-key': z
            .string()
            .min(1)
            .max(LONGEST_IDEMPOTENCY_KEY)
            .regex(/^[\x21-\x7e]+$/)
            .optional()
            .describe(
              'The same request with the same key within 24 hours gets the same answer, and measures nothing again',
            ),
        }),
        body: runRevtrSchema,
        response: { 200: acceptedSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { user, keyId } = callerOf(request);
      const pairs = toRequestedPairs(request.body);
      const isVisitor = visitors.isVisitor(user);
      if (isVisitor) visitors.count(request, pairs);
      const { batchId, rejected, limits, isRepeated } = await submission.submit(user, pairs, {
        skipInvalid: request.query.skipInvalid === 'true',
        keyId,
        // Visitors share an account: their keys could meet.
        idempotencyKey: isVisitor ? undefined : request.headers['idempotency-key'],
      });
      if (isRepeated) reply.header('idempotency-replayed', 'true');
      if (isVisitor)
        auditEvents.count({
          kind: 'visitorBatch',
          userId: user.id,
          client: clientOf(request),
          subject: `batch ${batchId}`,
        });
      else if (!isRepeated) reply.headers(rateLimitHeaders(limits));
      return {
        result_uri: `${baseUrlOf(request, publicUrl)}/api/v1/revtr?batchid=${batchId}`,
        ...(rejected.length > 0 && { rejected: [...rejected] }),
      };
    },
  );

  routes.get(
    '/api/v1/revtr',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'fetchRevtrs',
        summary: 'Fetch results by batch or by label',
        tags: ['v1'],
        security,
        querystring: querySchema,
        response: { 200: getRevtrSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      const { batchid, label } = request.query;
      if ((batchid === undefined) === (label === undefined)) {
        throw new ControllerError('badRequest', 'give either batchid or label');
      }
      const now = new Date(clock.now());
      const toElement = (row: MeasurementRow) => toRevtr(row, now);
      if (batchid !== undefined) {
        const { id } = await submission.batchOf(user, batchid);
        return sendList<MeasurementRow>(request, reply, {
          ...{ name: 'revtrs', toElement },
          read: (limit, after) => batches.measurementsOf(id, { limit, after: after?.id ?? 0 }),
        });
      }
      const signal = closedSignalOf(reply);
      const search = await finder.begin({ userId: user.id, label }, { order: 'oldest', signal });
      return sendList<MeasurementRow>(request, reply, {
        ...{ name: 'revtrs', toElement, most: MOST_LABELLED, isSearch: true },
        read: async (limit, after) => {
          const rows = await search.read(limit);
          if (after === undefined && rows.length === 0)
            throw new ControllerError('notFound', `no measurement of yours has the label '${label}'`);
          return rows;
        },
      });
    },
  );
}
