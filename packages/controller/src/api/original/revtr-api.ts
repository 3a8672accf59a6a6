import { formatIpv4 } from '@revtr/net';
import type { MeasurementOutline } from '@revtr/storage';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { callerOf, userOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { ownReadySource } from '../http/own-source.ts';
import { rateLimitHeaders } from '../http/rate-limit-headers.ts';
import { numberInUrl, ripeKeySchema, security } from '../http/route-parts.ts';
import { StreamLimit } from '../http/stream-limit.ts';
import { toRequestedPairs } from '../v1/request.ts';
import { limitLargeMessages, messageAuth } from './message-auth.ts';
import {
  atlasReqSchema,
  auth,
  getRevtrRespSchema,
  metaRespSchema,
  readMessage,
  runRevtrReqSchema,
  runRevtrRespSchema,
  sourcesRespSchema,
  statusOf,
  statusRespSchema,
  toReverseTraceroute,
} from './messages.ts';
import { sendStatus, statusResponses } from './status.ts';
import { waitUntilFinished } from './wait.ts';

const MOST_BATCH_BYTES = 16 * 2 ** 20;
const MOST_OUTLINES = 10_000;
/** Requests that wait for their results. */
const WAITING = { perUser: 20, inAll: 500 };
const authQuery = z.object({ auth });
const batchParams = z.object({ batchId: numberInUrl });
/** A number that fits `uint32`, the type of batch ids. */
const BATCH_ID = /^\d{1,10}$/;

/**
 * Version 2 of the original's API: the REST requests that its proto declares (`revtr/pb/revtr.proto`) and that it never served. Messages are in
 * the JSON mapping of Protocol Buffers; errors are `google.rpc.Status`.
 */
export function registerRevtrApi(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { submission, batches, sourceAccess, directory, atlas, clock } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const waiting = new StreamLimit(WAITING);
  const large = limitLargeMessages();
  const partsFor = (access: 'read' | 'measure' | 'host') => {
    const { onRequest, preValidation } = messageAuth(access, { ...collaborators, large });
    return {
      config: { access: 'public' as const },
      onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
        reply.header('cache-control', 'no-store');
        await onRequest(request, reply);
      },
      preValidation: async (request: FastifyRequest) => {
        if (request.method === 'POST') request.body = readMessage(request.body);
        await preValidation(request);
      },
      errorHandler: sendStatus,
    };
  };
  const schemaParts = { tags: ['original v2'], security };

  routes.post(
    '/api/v2/revtr',
    {
      ...partsFor('measure'),
      bodyLimit: MOST_BATCH_BYTES,
      schema: {
        ...schemaParts,
        operationId: 'runRevtr',
        summary: 'RunRevtr: submit a batch of reverse traceroutes',
        description:
          'Pairs that cannot be measured are left out; the header `rejected-pairs` says how many. The batch is durable when the answer is sent.',
        body: runRevtrReqSchema,
        response: { 200: runRevtrRespSchema, ...statusResponses },
      },
    },
    async (request, reply) => {
      const { user, keyId } = callerOf(request);
      const isWaiting = request.body.waitUntilFinished === true;
      if (isWaiting) waiting.enter(user.id, reply.raw);
      const pairs = toRequestedPairs(request.body);
      const { batchId, rejected, limits } = await submission.submit(user, pairs, { skipInvalid: true, keyId });
      reply.headers(rateLimitHeaders(limits));
      if (rejected.length > 0) reply.header('rejected-pairs', String(rejected.length));
      if (!isWaiting) return { batchId };
      const rows = await waitUntilFinished(batchId, reply.raw, collaborators);
      const now = new Date(clock.now());
      const lastInsertId = rows.at(-1)?.id ?? 0;
      return { batchId, lastInsertId, revtrs: rows.map((row) => toReverseTraceroute(row, now)) };
    },
  );

  routes.get(
    '/api/v2/revtr/:batchId',
    {
      ...partsFor('read'),
      schema: {
        ...schemaParts,
        operationId: 'getRevtr',
        summary: 'GetRevtr and GetRevtrByLabel: fetch results by batch or by label',
        description:
          'The proto declares the same path for batch ids and labels: a whole number below 4,294,967,296 is a batch id, everything else a label.',
        params: z.object({ batchId: z.string().min(1).describe('Batch id or label') }),
        querystring: authQuery,
        response: { 200: getRevtrRespSchema, ...statusResponses },
      },
    },
    async (request) => {
      const user = userOf(request);
      const { batchId: asked } = request.params;
      const isBatch = BATCH_ID.test(asked) && Number(asked) < 2 ** 32;
      const rows = await (isBatch ? submission.measurementsOf(user, Number(asked)) : batches.labelled(user.id, asked));
      if (rows.length === 0) throw new ControllerError('notFound', `no measurement of yours has the label '${asked}'`);
      const now = new Date(clock.now());
      return { revtrs: rows.map((row) => toReverseTraceroute(row, now)) };
    },
  );

  /** All measurements of a batch without their results. */
  const outlinesOf = async (request: FastifyRequest, batchId: number): Promise<MeasurementOutline[]> => {
    const { id } = await submission.batchOf(userOf(request), batchId);
    const all: MeasurementOutline[] = [];
    for (;;) {
      const page = await batches.outlinesOf(id, { limit: MOST_OUTLINES, after: all.at(-1)?.id ?? 0 });
      all.push(...page);
      if (page.length < MOST_OUTLINES) return all;
    }
  };

  routes.get(
    '/api/v2/revtr/meta/:batchId',
    {
      ...partsFor('read'),
      schema: {
        ...schemaParts,
        operationId: 'getRevtrMetaOnly',
        summary: 'GetRevtrMetaOnly: the measurements of a batch without their paths',
        params: batchParams,
        querystring: authQuery,
        response: { 200: metaRespSchema, ...statusResponses },
      },
    },
    async (request) => ({
      revtrsMeta: (await outlinesOf(request, request.params.batchId)).map((outline) => ({
        ...{ status: statusOf(outline), src: outline.source, dst: outline.destination, id: outline.id },
      })),
    }),
  );

  routes.get(
    '/api/v2/revtr/status/:batchId',
    {
      ...partsFor('read'),
      schema: {
        ...schemaParts,
        operationId: 'getRevtrBatchStatus',
        summary: 'GetRevtrBatchStatus: the status of each measurement of a batch, in order',
        params: batchParams,
        querystring: authQuery,
        response: { 200: statusRespSchema, ...statusResponses },
      },
    },
    async (request) => ({ revtrsStatus: (await outlinesOf(request, request.params.batchId)).map(statusOf) }),
  );

  const flag = z.enum(['true', 'false']).optional();
  routes.get(
    '/api/v2/sources',
    {
      ...partsFor('read'),
      schema: {
        ...schemaParts,
        operationId: 'getSources',
        summary: 'GetSources: list the sources that you may measure to',
        querystring: authQuery.extend({
          onlyWithAtlas: flag.describe('List only sources that have an atlas'),
          only_with_atlas: flag,
        }),
        response: { 200: sourcesRespSchema, ...statusResponses },
      },
    },
    async (request) => {
      const { onlyWithAtlas, only_with_atlas: onlyWithAtlasSnake } = request.query;
      const needsAtlas = onlyWithAtlas === 'true' || onlyWithAtlasSnake === 'true';
      const ready = await sourceAccess.readySources(userOf(request));
      const sizes = needsAtlas ? await Promise.all(ready.map(({ address }) => atlas.size(address))) : [];
      const listed = ready.filter((_, i) => !needsAtlas || sizes[i] > 0);
      return { srcs: listed.map(({ hostname, address, site }) => ({ hostname, ip: formatIpv4(address), site })) };
    },
  );

  routes.post(
    '/api/v2/atlas/run',
    {
      ...partsFor('host'),
      schema: {
        ...schemaParts,
        operationId: 'runAtlas',
        summary: 'RunAtlas: measure the atlas of your source',
        description: 'Answers at once, as `POST /api/v1/atlas/run`, which also describes the header `RIPE-Key`.',
        headers: z.object({ 'ripe-key': ripeKeySchema }),
        body: atlasReqSchema,
        response: { 200: z.object({}), ...statusResponses },
      },
    },
    async (request) => {
      const { user, keyId } = callerOf(request);
      const source = ownReadySource(directory, user, request.body.source);
      await atlas.run(source, { userId: user.id, keyId, ripeKey: request.headers['ripe-key'] });
      return {};
    },
  );

  routes.post(
    '/api/v2/atlas/clean',
    {
      ...partsFor('host'),
      schema: {
        ...schemaParts,
        operationId: 'cleanAtlas',
        summary: 'CleanAtlas: delete the atlas of your source',
        body: atlasReqSchema,
        response: { 200: z.object({}), ...statusResponses },
      },
    },
    async (request) => {
      await atlas.clean(ownReadySource(directory, userOf(request), request.body.source));
      return {};
    },
  );
}
