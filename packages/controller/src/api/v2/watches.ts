import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { CHANGE_KINDS } from '../../watches/detection/detector.ts';
import { callerOf, userOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import {
  deliverySchema,
  newWatchSchema,
  toDelivery,
  toWatch,
  toWatchAlert,
  toWatchChange,
  toWatchRun,
  watchAlertSchema,
  watchChangeRecordSchema,
  watchChangeSchema,
  watchRunSchema,
  watchSchema,
} from './watch-schemas.ts';

const MOST_ROWS = 1_000;
const DEFAULT_ROWS = 100;
const DEFAULT_INTERVAL_S = 900;
/** A test makes this system send a request to a host that the user names, however many addresses the user has. */
const TEST_RATE = {
  max: 10,
  timeWindow: 60_000,
  keyGenerator: (request: FastifyRequest): string => `user ${userOf(request).id}`,
};

/** Watches: recurring measurements of one pair, the changes that they show, and the alerts about them. */
export function registerWatches(app: FastifyInstance, { watches }: Pick<ApiCollaborators, 'watches'>): void {
  const { service, table } = watches;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const parts = { tags: ['watches'], security };
  const params = z.object({ id: numberInUrl });

  routes.get(
    '/api/v2/watches',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'listWatches',
        summary: 'Your watches, newest first',
        response: { 200: z.object({ watches: z.array(watchSchema) }), ...errorResponses },
      },
    },
    async (request) => ({ watches: (await table.of(userOf(request).id)).map((row) => toWatch(row)) }),
  );

  routes.post(
    '/api/v2/watches',
    {
      config: { access: 'measure' },
      schema: {
        ...parts,
        operationId: 'createWatch',
        summary: 'Create a watch: measure a pair again and again',
        description:
          'The first run is due at once. Every run counts towards your limits like a measurement that you submit. The answer contains the secret of the webhook, this once.',
        body: newWatchSchema,
        response: { 201: watchSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { source, destination, name = destination, intervalSeconds = DEFAULT_INTERVAL_S, alerts } = request.body;
      const { watch, secret } = await service.create(callerOf(request), {
        ...{ name, source, destination, intervalSeconds },
        alerts: { on: CHANGE_KINDS, mail: false, webhook: null, ...alerts },
      });
      reply.code(201);
      return toWatch(watch, secret);
    },
  );

  routes.get(
    '/api/v2/watches/:id',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'getWatch',
        summary: 'A watch',
        params,
        response: { 200: watchSchema, ...errorResponses },
      },
    },
    async (request) => toWatch(await service.find(userOf(request), request.params.id)),
  );

  routes.patch(
    '/api/v2/watches/:id',
    {
      config: { access: 'measure' },
      schema: {
        ...parts,
        operationId: 'updateWatch',
        summary: 'Change, pause or resume a watch',
        description:
          'A webhook that is set, also to the same URL, gets a new secret, which the answer contains, this once.',
        params,
        body: watchChangeSchema,
        response: { 200: watchSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { watch, secret } = await service.change(callerOf(request), request.params.id, request.body);
      return toWatch(watch, secret);
    },
  );

  routes.delete(
    '/api/v2/watches/:id',
    {
      config: { access: 'measure' },
      schema: {
        ...parts,
        operationId: 'deleteWatch',
        summary: 'Delete a watch with its history',
        params,
        response: { 200: watchSchema, ...errorResponses },
      },
    },
    async (request) => toWatch(await service.delete(userOf(request), request.params.id)),
  );

  routes.post(
    '/api/v2/watches/:id/test',
    {
      config: { access: 'measure', rateLimit: TEST_RATE },
      schema: {
        ...parts,
        operationId: 'testWatch',
        summary: 'Send a test message to the webhook of a watch',
        description: 'It is sent once, at once. A webhook that was disabled is enabled when it accepts the message.',
        params,
        response: { 200: deliverySchema, ...errorResponses },
      },
    },
    async (request) => toDelivery(await service.test(userOf(request), request.params.id)),
  );

  registerHistory(app, { watches });
}

/** The routes that list what a watch has recorded. */
function registerHistory(
  app: FastifyInstance,
  { watches: { service, history } }: Pick<ApiCollaborators, 'watches'>,
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const common = {
    tags: ['watches'],
    security,
    description:
      'Newest first, in pages. Pass `next` of an answer as `before` of the next request until an answer has none.',
    params: z.object({ id: numberInUrl }),
    querystring: z.object({
      limit: numberInUrl.pipe(z.int().min(1).max(MOST_ROWS)).default(DEFAULT_ROWS).describe('Most rows'),
      before: numberInUrl.optional().describe('Id before which the page begins'),
    }),
  };
  const next = z.int().optional().describe('Value of `before` for the next page; absent on the last page');
  const nextOf = (rows: readonly { readonly id: number }[], limit: number): { readonly next?: number } =>
    rows.length === limit ? { next: rows[rows.length - 1].id } : {};

  routes.get(
    '/api/v2/watches/:id/runs',
    {
      config: { access: 'read' },
      schema: {
        ...common,
        operationId: 'listWatchRuns',
        summary: 'The runs of a watch',
        response: { 200: z.object({ runs: z.array(watchRunSchema), next }), ...errorResponses },
      },
    },
    async (request) => {
      const { id } = await service.find(userOf(request), request.params.id);
      const rows = await history.runs(id, request.query);
      return { runs: rows.map(toWatchRun), ...nextOf(rows, request.query.limit) };
    },
  );

  routes.get(
    '/api/v2/watches/:id/changes',
    {
      config: { access: 'read' },
      schema: {
        ...common,
        operationId: 'listWatchChanges',
        summary: 'The confirmed changes of a watch, with the path before and after',
        response: { 200: z.object({ changes: z.array(watchChangeRecordSchema), next }), ...errorResponses },
      },
    },
    async (request) => {
      const { id } = await service.find(userOf(request), request.params.id);
      const rows = await history.changes(id, request.query);
      return { changes: rows.map(toWatchChange), ...nextOf(rows, request.query.limit) };
    },
  );

  routes.get(
    '/api/v2/watches/:id/alerts',
    {
      config: { access: 'read' },
      schema: {
        ...common,
        operationId: 'listWatchAlerts',
        summary: 'The alerts of a watch, and how their delivery goes',
        response: { 200: z.object({ alerts: z.array(watchAlertSchema), next }), ...errorResponses },
      },
    },
    async (request) => {
      const { id } = await service.find(userOf(request), request.params.id);
      const rows = await history.alerts(id, request.query);
      return { alerts: rows.map(toWatchAlert), ...nextOf(rows, request.query.limit) };
    },
  );
}
