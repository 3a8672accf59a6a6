import { formatIpv4, parsePrefix } from '@revtr/net';
import { isRefusedWith, type MeasurementFilter, type MeasurementRow } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { addressSchema } from '../../foundation/address-schema.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { parsed } from '../../foundation/parsed.ts';
import { resultSchema } from '../../measurements/stored-result.ts';
import { userOf } from '../http/access.ts';
import { closedSignalOf } from '../http/closed-signal.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import { sendList } from '../http/send-list.ts';
import { StreamLimit } from '../http/stream-limit.ts';
import { timeSchema } from './audit-schemas.ts';
import { measurementSchema, toMeasurement } from './schemas.ts';
import { cursorSchema, readCursor, writeCursor } from './search-cursor.ts';

const MOST_FOUND = 10_000;
const LONGEST_LABEL = 500;
/** SQLSTATE of a statement that was ended because it took too long. */
const STATEMENT_TIMEOUT = '57014';
const STREAMS = { perUser: 8, inAll: 500 };

const filterSchema = z.object({
  source: addressSchema.optional().describe('Address of the source'),
  destination: addressSchema.optional().describe('Address of the destination'),
  prefix: parsed(parsePrefix).optional().describe('Prefix of the destination, such as `192.0.2.0/24`'),
  asn: numberInUrl
    .pipe(z.int().max(2 ** 32 - 1))
    .optional()
    .describe('AS number on the path'),
  label: z.string().min(1).max(LONGEST_LABEL).optional(),
  from: timeSchema.optional().describe('Submitted (`createdAt`) at this time or later'),
  to: timeSchema.optional().describe('Submitted (`createdAt`) before this time'),
  stopReason: resultSchema.shape.stopReason.optional().describe('Why the measurement ended'),
  batch: numberInUrl.optional().describe('Number of the batch; operators can name batches of other users'),
});

const querySchema = filterSchema.extend({
  order: z.enum(['oldest', 'newest']).default('oldest').describe('Which measurements come first, by submission'),
  limit: z.coerce.number().int().min(1).max(MOST_FOUND).default(MOST_FOUND).describe('Most measurements'),
  cursor: cursorSchema.optional().describe('`cursor` of the answer to the same request: the page that follows'),
  after: numberInUrl
    .optional()
    .describe('Id after which the page begins, in the order of the list. Use `cursor` instead'),
});

const pageSchema = z.object({
  measurements: z.array(measurementSchema),
  cursor: z.string().optional().describe('Value of `cursor` for the next page; absent on the last page'),
  next: z.int().optional().describe('Value of `after` for the next page; absent on the last page'),
});

/** Finding measurements by what is known of them. */
export function registerFind(
  app: FastifyInstance,
  { submission, finder, facts }: Pick<ApiCollaborators, 'submission' | 'finder' | 'facts'>,
): void {
  const streams = new StreamLimit(STREAMS);

  app.withTypeProvider<ZodTypeProvider>().get(
    '/api/v2/measurements',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'findMeasurements',
        summary: 'Find your measurements',
        tags: ['measurements'],
        security,
        description:
          'Measurements that meet all filters, in pages. Pass `cursor` of an answer with the same filters until an answer has none. A page ends early, and can be ' +
          'empty, when the search has taken its share of work: go on with its `cursor`. Measurements that have not ended have no stop reason and no networks.',
        querystring: querySchema,
        response: { 200: pageSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      const { order, limit, cursor, after, ...given } = request.query;
      if (cursor !== undefined && after !== undefined)
        throw new ControllerError('badRequest', 'give either cursor or after');
      const owner = given.batch === undefined ? user.id : (await submission.batchOf(user, given.batch)).user_id;
      const filter = toFilter(owner, given);
      const begin = cursor === undefined ? after : readCursor(cursor, { filter, order });
      streams.enter(user.id, reply.raw);
      const search = await finder.begin(filter, { order, after: begin, signal: closedSignalOf(reply) }).catch(whenBusy);
      return sendList<MeasurementRow>(request, reply, {
        name: 'measurements',
        isSearch: true,
        most: limit,
        read: (most) => search.read(most).catch(whenBusy),
        toElement: (row) => toMeasurement(row, facts),
        rest: () =>
          search.next === undefined ? {} : { cursor: writeCursor(search.next, { filter, order }), next: search.next },
      });
    },
  );
}

/** A statement of a search takes milliseconds: one that was ended for taking long says that the database is overloaded. */
function whenBusy(error: unknown): never {
  if (isRefusedWith(error, STATEMENT_TIMEOUT))
    throw new ControllerError('tooManyRequests', 'the database is overloaded', { retryAfterSeconds: 10 });
  throw error;
}

function toFilter(userId: number, given: z.output<typeof filterSchema>): MeasurementFilter {
  const { source, destination, from, to, batch, ...others } = given;
  return {
    userId,
    ...others,
    source: source === undefined ? undefined : formatIpv4(source),
    destination: destination === undefined ? undefined : formatIpv4(destination),
    createdFrom: from === undefined ? undefined : new Date(from),
    createdBefore: to === undefined ? undefined : new Date(to),
    batchId: batch,
  };
}
