import type { Readable } from 'node:stream';
import { DATASET_KINDS, DATASETS, DatasetError, type DatasetStatus } from '@revtr/datasets';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';
import { installUploadBody } from './dataset-upload.ts';

const MOST_FILE_BYTES = 4 * 2 ** 30;

const currentSchema = z.object({
  entries: z.int(),
  bytes: z.int(),
  sha256: z.string(),
  from: z.string(),
  importedAt: z.iso.datetime(),
});
const statusSchema = z.object({
  kind: z.enum(DATASET_KINDS),
  title: z.string(),
  hasSource: z.boolean().describe('Whether an address is set from which it is fetched'),
  current: currentSchema.optional(),
  failure: z
    .object({ at: z.iso.datetime(), code: z.string(), message: z.string() })
    .optional()
    .describe('Why the last try to replace it failed'),
});
z.globalRegistry.add(statusSchema, { id: 'Dataset' });
const paramsSchema = z.object({ kind: z.enum(DATASET_KINDS) });

/** Datasets: how they are, for everybody with a key; put in place and fetched by operators, without a restart. */
export function registerDatasets(app: FastifyInstance, { datasets }: ApiCollaborators): void {
  const { store, updater } = datasets;
  const show = ({ kind, current, failure }: DatasetStatus): z.infer<typeof statusSchema> => ({
    kind,
    title: DATASETS[kind].title,
    hasSource: updater.kinds.includes(kind),
    ...(current && { current }),
    ...(failure && { failure: { ...failure, at: failure.at.toISOString() } }),
  });
  const statusOf = (kind: string): z.infer<typeof statusSchema> => {
    const status = store.status().find((other) => other.kind === kind);
    if (status === undefined) throw new ControllerError('notFound', `there is no dataset ${kind}`);
    return show(status);
  };
  const parts = { tags: ['datasets'], security };
  const routes = app.withTypeProvider<ZodTypeProvider>();

  routes.get(
    '/api/v2/datasets',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'listDatasets',
        summary: 'How the datasets are',
        response: { 200: z.object({ datasets: z.array(statusSchema) }), ...errorResponses },
      },
    },
    async (_request) => {
      return { datasets: store.status().map(show) };
    },
  );

  // In a context of its own, because its bodies are files.
  app.register(async (uploads) => {
    installUploadBody(uploads, MOST_FILE_BYTES);
    uploads.withTypeProvider<ZodTypeProvider>().put(
      '/api/v2/datasets/:kind',
      {
        config: { access: 'operate', isUpload: true },
        bodyLimit: MOST_FILE_BYTES,
        schema: {
          ...parts,
          operationId: 'replaceDataset',
          summary: 'Put a file in place of a dataset (operators)',
          description:
            'The file is read whole first; one that is cut, wrong or empty replaces nothing. Packed by gzip or bzip2, or not.',
          params: paramsSchema,
          querystring: z.object({
            sha256: z
              .string()
              .regex(/^[0-9a-fA-F]{64}$/)
              .optional(),
            mayShrink: z.stringbool().default(false).describe('Whether far fewer entries than before are all right'),
          }),
          consumes: ['application/octet-stream'],
          body: z.custom<Readable>().meta({ type: 'string', format: 'binary' }),
          response: { 200: statusSchema, ...errorResponses },
        },
      },
      async (request) => {
        const { kind } = request.params;
        const { sha256, mayShrink } = request.query;
        await store.import(kind, request.body, { from: 'import', sha256, mayShrink }).catch(toControllerError);
        return statusOf(kind);
      },
    );
  });

  routes.post(
    '/api/v2/datasets/:kind/update',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'updateDataset',
        summary: 'Fetch a dataset now (operators)',
        params: paramsSchema,
        response: { 200: statusSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { kind } = request.params;
      if (!updater.kinds.includes(kind))
        throw new ControllerError('conflict', `no address is set for ${kind}: see REVTR_DATASET_SOURCES`);
      await updater.update(kind).catch(toControllerError);
      return statusOf(kind);
    },
  );
}

function toControllerError(error: unknown): never {
  if (!(error instanceof DatasetError)) throw error;
  if (error.code === 'downloadFailed') throw new ControllerError('upstreamFailed', error.message);
  const at = error.line === undefined ? 'file' : `line ${error.line}`;
  throw new ControllerError('badDataset', error.message, {
    places: [{ at, code: error.code, message: error.message }],
  });
}
