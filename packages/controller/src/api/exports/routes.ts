import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { userOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses, streamResponse } from '../http/errors.ts';
import { numberInUrl, security } from '../http/route-parts.ts';
import { sendStream } from '../http/send-stream.ts';
import { StreamLimit } from '../http/stream-limit.ts';
import { exportBatch } from './export-batch.ts';
import type { ExportFormat } from './export-format.ts';
import { EXPORT_FORMATS, type ExportFormatName } from './formats.ts';

const FORMAT_NAMES = Object.keys(EXPORT_FORMATS) as [ExportFormatName, ...ExportFormatName[]];
const CONTENT_TYPES = new Set(Object.values<ExportFormat>(EXPORT_FORMATS).map(({ contentType }) => contentType));
const MOST_EXPORTS = { perUser: 8, inAll: 200 };
/** A graph is in memory until it is complete, a group of rows of a Parquet file until it is encoded. */
const MOST_IN_MEMORY = { perUser: 1, inAll: 4 };

/** The measurements of a batch as a file. */
export function registerExports(app: FastifyInstance, { submission, batches, facts }: ApiCollaborators): void {
  const exports = new StreamLimit(MOST_EXPORTS);
  const inMemory = new StreamLimit(MOST_IN_MEMORY);
  app.withTypeProvider<ZodTypeProvider>().get(
    '/api/v2/batches/:id/export',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'exportBatch',
        summary: 'The measurements of a batch that have ended, as a file',
        description: Object.entries(EXPORT_FORMATS)
          .map(([name, { title }]) => `* \`${name}\`: ${title}`)
          .join('\n'),
        tags: ['measurements'],
        security,
        params: z.object({ id: numberInUrl }),
        querystring: z.object({
          format: z.enum(FORMAT_NAMES).default('jsonl').describe('Format of the file'),
          after: numberInUrl
            .optional()
            .describe(
              'For reading a batch while it runs: the last measurement that you have, at first 0. The file has those behind it, up to the first that has not ended',
            ),
        }),
        response: {
          200: streamResponse('The file. Text is compressed if the client accepts Brotli or gzip', ...CONTENT_TYPES),
          ...errorResponses,
        },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      const { id } = await submission.batchOf(user, request.params.id);
      const { after } = request.query;
      const format: ExportFormat = EXPORT_FORMATS[request.query.format];
      exports.enter(user.id, reply.raw);
      if (format.isKeptInMemory === true) inMemory.enter(user.id, reply.raw);
      reply
        .type(format.contentType)
        .header('content-disposition', `attachment; filename="batch-${id}.${format.extension}"`);
      const parts = exportBatch({ batchId: id, writer: format.create(), after }, { batches, facts });
      return sendStream(request, reply, parts, { isCompressed: format.isCompressed === true });
    },
  );
}
