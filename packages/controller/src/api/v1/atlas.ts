import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { callerOf, userOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { ownReadySource } from '../http/own-source.ts';
import { ripeKeySchema, security } from '../http/route-parts.ts';

const headersSchema = z.object({ source: z.string().describe('Address of your source') });

/** The atlas of a source, as version 1 has it; a run goes on after the answer. */
export function registerAtlasV1(app: FastifyInstance, { directory, atlas }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const parts = { tags: ['v1'], security, response: { 200: z.object({}), ...errorResponses } };

  routes.post(
    '/api/v1/atlas/run',
    {
      config: { access: 'host' },
      schema: {
        ...parts,
        operationId: 'runAtlasV1',
        summary: 'Measure the atlas of your source',
        description:
          'Answers at once; the run goes on in the background. The first run is paid by the system, later ones by the RIPE-Key; without one they use the vantage points of the system alone. The RIPE-Key is checked before the answer. While a run is under way that does not use the RIPE-Key, the answer is 409.',
        headers: headersSchema.extend({ 'ripe-key': ripeKeySchema }),
      },
    },
    async (request) => {
      const { user, keyId } = callerOf(request);
      const source = ownReadySource(directory, user, request.headers.source);
      await atlas.run(source, { userId: user.id, keyId, ripeKey: request.headers['ripe-key'] });
      return {};
    },
  );

  routes.post(
    '/api/v1/atlas/clean',
    {
      config: { access: 'host' },
      schema: {
        ...parts,
        operationId: 'cleanAtlasV1',
        summary: 'Forget the atlas of your source',
        headers: headersSchema,
      },
    },
    async (request) => {
      const user = userOf(request);
      await atlas.clean(ownReadySource(directory, user, request.headers.source));
      return {};
    },
  );
}
