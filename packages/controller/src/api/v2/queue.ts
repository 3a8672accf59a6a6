import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';
import { userSchema, usersOf } from './audit-schemas.ts';

const MOST_USERS = 100;
const MOST_HOLDERS = 100;

const queueSchema = z.object({
  queued: z.int().describe('Measurements that wait'),
  running: z.int().describe('Measurements under way'),
  oldestAt: z.iso.datetime().optional().describe('When the oldest measurement that has not ended was submitted'),
  users: z
    .array(z.object({ user: userSchema.optional(), queued: z.int(), running: z.int(), oldestAt: z.iso.datetime() }))
    .describe('Users with measurements that have not ended, most measurements first'),
  leases: z
    .array(
      z.object({
        owner: z.string().describe('Random identifier of the process of the controller'),
        measurements: z.int(),
        firstEnd: z.iso.datetime().describe('When the first of the leases ends, unless the process renews it'),
      }),
    )
    .describe('Processes that hold leases'),
});
z.globalRegistry.add(queueSchema, { id: 'Queue' });

/** What operators read about the queue of measurements and its leases. */
export function registerQueue(app: FastifyInstance, { queue, users }: Pick<ApiCollaborators, 'queue' | 'users'>): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/api/v2/queue',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'getQueue',
        summary: 'Measurements that have not ended, by user, and the processes that hold them (operators)',
        tags: ['operations'],
        security,
        response: { 200: queueSchema, ...errorResponses },
      },
    },
    async () => {
      const [{ queued, running, oldest }, byUser, holders] = [
        await queue.totals(),
        await queue.users(MOST_USERS),
        await queue.holders(MOST_HOLDERS),
      ];
      const known = await usersOf(
        byUser.map(({ user_id }) => user_id),
        users,
      );
      return {
        queued,
        running,
        ...(oldest !== null && { oldestAt: oldest.toISOString() }),
        users: byUser.map(({ user_id, ...of }) => ({
          user: known.get(user_id),
          queued: of.queued,
          running: of.running,
          oldestAt: of.oldest.toISOString(),
        })),
        leases: holders.map(({ owner, measurements, first_end }) => ({
          owner,
          measurements,
          firstEnd: first_end.toISOString(),
        })),
      };
    },
  );
}
