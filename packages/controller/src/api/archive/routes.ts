import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { userOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';

const statusSchema = z.object({
  directory: z.string().optional().describe('Absent where the archive is switched off'),
  files: z.int(),
  results: z.int().describe('Results in the archive; each is in a file of each format'),
  bytes: z.int(),
  pending: z.int().describe('Results that wait to be written'),
  writtenAt: z.iso.datetime().optional().describe('When the last file was written'),
  completeAt: z.iso
    .datetime()
    .optional()
    .describe('When the last run since the start of the server ended without an error'),
  failure: z.string().optional().describe('What the last run failed with'),
});
z.globalRegistry.add(statusSchema, { id: 'ArchiveStatus' });

const consentSchema = z.object({
  isOffered: z.boolean().describe('Whether this system has a public archive'),
  agreedAt: z.iso
    .datetime()
    .optional()
    .describe('Since when your results are published; absent if you do not agree to it'),
});
z.globalRegistry.add(consentSchema, { id: 'ArchiveConsent' });

/** The public archive, as operators and users see it. */
export function registerArchive(app: FastifyInstance, { archive, archiveRecords, clock }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const consentOf = async (userId: number): Promise<z.infer<typeof consentSchema>> => {
    const agreedAt = await archiveRecords.consentOf(userId);
    return { isOffered: archive !== undefined, ...(agreedAt !== null && { agreedAt: agreedAt.toISOString() }) };
  };

  routes.get(
    '/api/v2/archive',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'getArchiveStatus',
        summary: 'The state of the public archive (operators)',
        tags: ['operations'],
        security,
        response: { 200: statusSchema, ...errorResponses },
      },
    },
    async () => {
      const { files, results, bytes, pending, writtenAt } = await archiveRecords.totals();
      const common = { files, results, bytes, pending, ...(writtenAt && { writtenAt: writtenAt.toISOString() }) };
      if (archive === undefined) return common;
      const { directory, completeAt, failure } = archive;
      return {
        ...{ ...common, directory },
        ...(completeAt !== undefined && { completeAt: new Date(completeAt).toISOString() }),
        ...(failure !== undefined && { failure }),
      };
    },
  );

  routes.get(
    '/api/v2/account/archive',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'getArchiveConsent',
        summary: 'Whether your results are published in the public archive',
        tags: ['account'],
        security,
        response: { 200: consentSchema, ...errorResponses },
      },
    },
    (request) => consentOf(userOf(request).id),
  );

  routes.put(
    '/api/v2/account/archive',
    {
      config: { access: 'account' },
      schema: {
        operationId: 'setArchiveConsent',
        summary: 'Agree to the publication of your results in the public archive, or withdraw your agreement',
        description:
          'Results to public sources that you submit from now on are published, without your name and your labels. What was published stays in the archive when you withdraw.',
        tags: ['account'],
        security,
        body: z.object({ agrees: z.boolean() }),
        response: { 200: consentSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { id } = userOf(request);
      const { agrees } = request.body;
      if (agrees && archive === undefined) throw new ControllerError('conflict', 'this system has no public archive');
      await archiveRecords.setConsent(id, agrees ? new Date(clock.now()) : null);
      return consentOf(id);
    },
  );
}
