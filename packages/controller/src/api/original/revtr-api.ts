import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerOf, userOf } from '../http/access.ts';
import { closedSignalOf } from '../http/closed-signal.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { numberInUrl, ripeKeySchema, security } from '../http/route-parts.ts';
import { sendList } from '../http/send-list.ts';
import { StreamLimit } from '../http/stream-limit.ts';
import { MOST_BATCH, refuseLongBody } from '../v1/request.ts';
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
  statusRespSchema,
} from './messages.ts';
import type { RevtrService } from './revtr-service.ts';
import { sendStatus, statusResponses } from './status.ts';

/** Answers at a time with all measurements of a batch without their paths. */
const OUTLINES = { perUser: 8, inAll: 500 };
const authQuery = z.object({ auth });
const batchParams = z.object({ batchId: numberInUrl });
/** A number that fits `uint32`, the type of batch ids. */
const BATCH_ID = /^\d{1,10}$/;

/**
 * Version 2 of the original's API: the REST requests that its proto declares (`revtr/pb/revtr.proto`) and that it never served. Messages are in
 * the JSON mapping of Protocol Buffers; errors are `google.rpc.Status`.
 */
export function registerRevtrApi(
  app: FastifyInstance,
  collaborators: ApiCollaborators & { readonly revtr: RevtrService },
): void {
  const { revtr, submission } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const large = limitLargeMessages();
  const outlines = new StreamLimit(OUTLINES);
  const partsFor = (access: 'read' | 'measure' | 'host') => {
    const { onRequest, preValidation } = messageAuth(access, { ...collaborators, large });
    return {
      config: { access: 'public' as const },
      onRequest: async (request: FastifyRequest, reply: FastifyReply) => {
        reply.header('cache-control', 'no-store');
        await onRequest(request, reply);
      },
      preValidation: async (request: FastifyRequest) => {
        await preValidation(request);
        // Only now: to rewrite a message of a great many parts takes long.
        if (request.method !== 'POST') return;
        refuseLongBody(request.body, submission.maxBatch);
        request.body = readMessage(request.body);
      },
      errorHandler: sendStatus,
    };
  };
  const measure = partsFor('measure');
  const schemaParts = { tags: ['original v2'], security };

  routes.post(
    '/api/v2/revtr',
    {
      ...measure,
      config: { ...measure.config, mostValues: MOST_BATCH.values },
      bodyLimit: MOST_BATCH.bytes,
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
      const { batchId, headers, list } = await revtr.run(callerOf(request), request.body, closedSignalOf(reply));
      reply.headers(headers);
      return list === undefined ? { batchId } : sendList(request, reply, list);
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
    async (request, reply) => {
      const user = userOf(request);
      const { batchId: asked } = request.params;
      const isBatch = BATCH_ID.test(asked) && Number(asked) < 2 ** 32;
      const list = isBatch
        ? await revtr.ofBatch(user, Number(asked))
        : await revtr.ofLabel(user, asked, closedSignalOf(reply));
      return sendList(request, reply, list);
    },
  );

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
    async (request, reply) => {
      const user = userOf(request);
      outlines.enter(user.id, reply.raw);
      return sendList(request, reply, await revtr.metaOf(user, request.params.batchId));
    },
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
    async (request, reply) => {
      const user = userOf(request);
      outlines.enter(user.id, reply.raw);
      return sendList(request, reply, await revtr.statusesOf(user, request.params.batchId));
    },
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
      return revtr.sources(userOf(request), { onlyWithAtlas: needsAtlas });
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
      await revtr.runAtlas(callerOf(request), request.body.source, request.headers['ripe-key']);
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
      await revtr.cleanAtlas(userOf(request), request.body.source);
      return {};
    },
  );
}
