import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { readImportedRow } from '../../archive/imports/imported-row.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { lineOf, numberInUrl, security } from '../http/route-parts.ts';

const MOST_ROWS = 500;
const MOST_BODY_BYTES = 8 * 2 ** 20;
/** Those of 8 MiB of hops, whose names are long. */
const MOST_VALUES = 600_000;
const MOST_LISTED = 1_000;
const MOST_ORIGIN_CHARACTERS = 100;

const reportSchema = z.object({
  added: z.int(),
  known: z.int().describe('Rows that were imported before'),
  invalid: z.int().describe('Rows that are not rows of an archive'),
});
z.globalRegistry.add(reportSchema, { id: 'ArchiveImport' });

const hopSchema = z.object({
  hop_number: z.int(),
  hop_ip: z.string(),
  hop_type: z.int(),
  measurement_id: z.int(),
  rtt: z.int(),
  rtt_measurement_id: z.int(),
  cidr: z.string().nullable(),
  asn: z.int().nullable(),
});
const resultSchema = z.object({
  id: z.int().describe('For `after`'),
  origin: z.string().describe('The system that the result is from'),
  importedAt: z.iso.datetime(),
  row: z
    .object({
      id: z.int(),
      stop_reason: z.string(),
      fail_reason: z.string(),
      src: z.string(),
      dst: z.string(),
      runtime: z.int(),
      date: z.int(),
      label: z.string(),
      revtr_hops: z.array(hopSchema),
    })
    .describe('The row of its archive'),
});
z.globalRegistry.add(resultSchema, { id: 'ImportedResult' });

/** Results of other systems. No measurement uses them. */
export function registerArchiveImports(
  app: FastifyInstance,
  { importedResults, clock }: Pick<ApiCollaborators, 'importedResults' | 'clock'>,
): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  routes.post(
    '/api/v2/imported-results',
    {
      bodyLimit: MOST_BODY_BYTES,
      config: { access: 'operate', mostValues: MOST_VALUES },
      schema: {
        tags: ['operations'],
        security,
        operationId: 'importResults',
        summary: 'Import rows of an archive of reverse traceroutes (operators)',
        description: 'Importing a row again changes nothing. Imported results can be read; no measurement uses them.',
        body: z.object({
          origin: lineOf(MOST_ORIGIN_CHARACTERS).describe('Name of the system that the rows are from'),
          rows: z.array(z.unknown()).max(MOST_ROWS).describe('Rows as in the M-Lab archive'),
        }),
        response: { 200: reportSchema, ...errorResponses },
      },
    },
    async ({ body: { origin, rows } }) => {
      const results = rows.flatMap((row) => {
        const content = readImportedRow(row);
        if (content === undefined) return [];
        return [{ archiveId: content.id, source: content.src, destination: content.dst, content }];
      });
      const added = await importedResults.add(origin, results, new Date(clock.now()));
      return { added, known: results.length - added, invalid: rows.length - results.length };
    },
  );

  routes.get(
    '/api/v2/imported-results',
    {
      config: { access: 'read' },
      schema: {
        tags: ['measurements'],
        security,
        operationId: 'listImportedResults',
        summary: 'Results of other systems that were imported, by source or destination',
        querystring: z
          .object({
            source: z.ipv4().optional(),
            destination: z.ipv4().optional(),
            after: numberInUrl.optional().describe('Results after the one with this id'),
            limit: numberInUrl
              .pipe(z.number().min(1).max(MOST_LISTED))
              .default(100)
              .describe(`At most ${MOST_LISTED}. Default 100`),
          })
          .refine(
            ({ source, destination }) => source !== undefined || destination !== undefined,
            'must name a source or a destination',
          ),
        response: { 200: z.object({ results: z.array(resultSchema) }), ...errorResponses },
      },
    },
    async ({ query }) => ({
      results: (await importedResults.list(query)).map(({ id, origin, imported_at, content }) => ({
        id,
        origin,
        importedAt: imported_at.toISOString(),
        row: resultSchema.shape.row.parse(content),
      })),
    }),
  );
}
