import type { MeasurementRow } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { userOf } from '../http/access.ts';
import { limitedClientOf } from '../http/client-address.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses, streamResponse } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import { sendList } from '../http/send-list.ts';
import { StreamLimit } from '../http/stream-limit.ts';
import { streamBatch } from './event-stream.ts';
import { networkNames } from './network-names.ts';
import { batchSchema, measurementSchema, originsOf, outlineSchema, toMeasurement, toOutline } from './schemas.ts';

const paramsSchema = z.object({ id: numberInUrl });

const MOST_OUTLINES = 2_000;
const MOST_BATCHES = 100;
const batchesSchema = z.object({
  batches: z.array(
    z.object({
      id: z.int(),
      total: z.int(),
      done: z.int(),
      createdAt: z.iso.datetime(),
      cancelledAt: z.iso.datetime().optional(),
    }),
  ),
  next: z.int().optional().describe('Value of `before` for the next page; absent on the last page'),
});
const cancelledSchema = z.object({
  id: z.int(),
  total: z.int(),
  done: z.int().describe('Measurements that have ended, those that were cancelled in the queue included'),
  cancelled: z.int().describe('Measurements that this request cancelled in the queue'),
  cancelledAt: z.iso.datetime().optional().describe('Absent when the batch had ended: nothing has changed'),
});
const outlinesSchema = z.object({
  total: z.int().describe('Measurements of the batch'),
  measurements: z.array(outlineSchema),
  names: z.record(z.string(), z.string()).describe('Names of the networks, by AS number'),
  origins: z
    .record(z.string(), z.int())
    .optional()
    .describe('Networks of the routers, by address; present with `routers`'),
  next: z.int().optional().describe('Value of `after` for the next page; absent on the last page'),
});
const waitingSchema = z.object({
  queued: z.int().describe('Measurements that have not begun'),
  running: z.int().describe('Measurements under way'),
  startsInSeconds: z.int().optional().describe('When the next measurement begins; 0 when none waits'),
  endsInSeconds: z.int().optional().describe('When the last measurement ends; 0 when all have ended'),
});
z.globalRegistry.add(waitingSchema, { id: 'WaitingTime' });
const MOST_STREAMS_PER_USER = 100;
const MOST_STREAMS = 2_000;
/** People without an account have places of their own: they cannot take those of users. */
const VISITOR_STREAMS = { perUser: 20, inAll: 500 };

/** Our own additions to the API: full results and live progress. */
export function registerV2(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { submission, batches, cancelBatch, waiting, facts, authenticator, visitors } = collaborators;
  const streams = new StreamLimit({ perUser: MOST_STREAMS_PER_USER, inAll: MOST_STREAMS });
  const visitorStreams = new StreamLimit(VISITOR_STREAMS);
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/v2/batches/:id',
    {
      config: { access: 'read', forVisitors: true },
      schema: {
        operationId: 'getBatch',
        summary: 'A batch with all that is known of its measurements',
        tags: ['measurements'],
        security,
        params: paramsSchema,
        response: { 200: batchSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { id, size } = await submission.batchOf(userOf(request), request.params.id);
      let done = 0;
      return sendList<MeasurementRow>(request, reply, {
        name: 'measurements',
        read: (limit, after) => batches.measurementsOf(id, { limit, after: after?.id ?? 0 }),
        toElement: (row) => {
          if (row.state === 'done') done++;
          return toMeasurement(row, facts);
        },
        head: { id, total: size },
        rest: () => ({ done }),
      });
    },
  );

  routes.get(
    '/api/v2/batches',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'listBatches',
        summary: 'Your batches, newest first',
        description: 'In pages. Pass `next` of an answer as `before` of the next request until an answer has none.',
        tags: ['measurements'],
        security,
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(MOST_BATCHES).default(MOST_BATCHES).describe('Most batches'),
          before: numberInUrl.optional().describe('Id before which the page begins'),
        }),
        response: { 200: batchesSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { limit, before } = request.query;
      const found = await batches.latestOf(userOf(request).id, limit, before);
      return {
        batches: found.map(({ id, size, done, created_at, cancelled_at }) => ({
          id,
          total: size,
          done,
          createdAt: created_at.toISOString(),
          ...(cancelled_at !== null && { cancelledAt: cancelled_at.toISOString() }),
        })),
        ...(found.length === limit && { next: found[found.length - 1].id }),
      };
    },
  );

  routes.post(
    '/api/v2/batches/:id/cancel',
    {
      config: { access: 'measure' },
      schema: {
        operationId: 'cancelBatch',
        summary: 'Cancel a batch',
        description:
          'Measurements in the queue end now with the stop reason `cancelled`. Those under way stop, and keep the hops that they have found. ' +
          'Measurements that have ended do not change, nor does a batch whose measurements have all ended. Repeating the request changes nothing.',
        tags: ['measurements'],
        security,
        params: paramsSchema,
        response: { 200: cancelledSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { id, size } = await submission.ownBatchOf(userOf(request), request.params.id);
      const cancelled = await cancelBatch(id);
      const [done, batch] = await Promise.all([batches.countDone(id), batches.find(id)]);
      const cancelledAt = batch?.cancelled_at?.toISOString();
      return { id, total: size, done, cancelled, ...(cancelledAt !== undefined && { cancelledAt }) };
    },
  );

  routes.get(
    '/api/v2/batches/:id/waiting',
    {
      config: { access: 'read', forVisitors: true },
      schema: {
        operationId: 'getWaitingTime',
        summary: 'How long a batch waits',
        description:
          'An estimate from the measurements in the queue, the weights of their users, and how fast measurements end. Batches that are submitted later can ' +
          'delay this one. The times are absent while too few measurements have ended since the controller started.',
        tags: ['measurements'],
        security,
        params: paramsSchema,
        response: { 200: waitingSchema, ...errorResponses },
      },
    },
    async (request) => {
      const estimate = await waiting.of(await submission.batchOf(userOf(request), request.params.id));
      const { queued, running, startsInSeconds, endsInSeconds } = estimate;
      if (startsInSeconds === undefined || endsInSeconds === undefined) return { queued, running };
      return {
        ...{ queued, running },
        startsInSeconds: Math.round(startsInSeconds),
        endsInSeconds: Math.round(endsInSeconds),
      };
    },
  );

  routes.get(
    '/api/v2/batches/:id/measurements',
    {
      config: { access: 'read', forVisitors: true },
      schema: {
        operationId: 'listMeasurementOutlines',
        summary: 'The measurements of a batch without their hops',
        description:
          'In the order of the batch, in pages. Pass `next` of an answer as `after` of the next request until an answer has none.',
        tags: ['measurements'],
        security,
        params: paramsSchema,
        querystring: z.object({
          limit: z.coerce.number().int().min(1).max(MOST_OUTLINES).default(MOST_OUTLINES).describe('Most measurements'),
          after: numberInUrl.optional().describe('Id after which the page begins'),
          routers: z.enum(['true', 'false']).default('false').describe('List the addresses of the hops too'),
        }),
        response: { 200: outlinesSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { limit, after = 0 } = request.query;
      const { id, size } = await submission.batchOf(userOf(request), request.params.id);
      const withRouters = request.query.routers === 'true';
      const rows = await batches.outlinesOf(id, { limit, after, routers: withRouters });
      const measurements = rows.map(toOutline);
      const names = networkNames(
        measurements.flatMap(({ networks = [] }) => networks),
        facts,
      );
      const next = measurements.length === limit ? measurements.at(-1)?.id : undefined;
      return {
        ...{ total: size, measurements, names },
        ...(withRouters && { origins: originsOf(rows) }),
        ...(next !== undefined && { next }),
      };
    },
  );

  routes.get(
    '/api/v2/measurements/:id',
    {
      config: { access: 'read', forVisitors: true },
      schema: {
        operationId: 'getMeasurement',
        summary: 'A measurement with all that is known of it',
        tags: ['measurements'],
        security,
        params: paramsSchema,
        response: { 200: measurementSchema, ...errorResponses },
      },
    },
    async (request) => toMeasurement(await submission.measurementOf(userOf(request), request.params.id), facts),
  );

  routes.get(
    '/api/v2/batches/:id/events',
    {
      config: { access: 'read', forVisitors: true },
      schema: {
        operationId: 'streamBatchEvents',
        summary: 'Progress of a batch as server-sent events',
        description:
          'Events: `progress` {total, done}, `ended` {measurement, stopReason}, `complete` {total}; with `paths` also `path` {measurement, hops}, `trying` {measurement, technique, hop, vantagePoints} and `rtt` {measurement, hop, rttMs}.',
        tags: ['measurements'],
        security,
        params: paramsSchema,
        querystring: z.object({
          paths: z.enum(['true', 'false']).default('false').describe('Send `path`, `trying` and `rtt` events too'),
        }),
        response: {
          200: streamResponse('The events, until the batch is complete', 'text/event-stream'),
          ...errorResponses,
        },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      const { id } = request.params;
      const { size } = await submission.batchOf(user, id);
      const isVisitor = visitors.isVisitor(user);
      if (isVisitor) visitorStreams.enter(limitedClientOf(request), reply.raw);
      else streams.enter(user.id, reply.raw);
      const checkPermission = async (): Promise<unknown> => {
        const now = await (isVisitor ? visitors : authenticator).callerOf(request);
        return submission.batchOf(now.user, id);
      };
      const paths = request.query.paths === 'true';
      streamBatch({ batchId: id, total: size, paths, checkPermission }, reply, collaborators);
      return reply;
    },
  );
}
