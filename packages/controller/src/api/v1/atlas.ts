import { tryParseIpv4 } from '@revtr/net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../errors.ts';
import type { ApiCollaborators } from '../collaborators.ts';
import { errorResponses } from '../errors.ts';
import { ownAgent } from '../own-agent.ts';
import { security } from '../route-parts.ts';

const headersSchema = z.object({ source: z.string().describe('Address of your source') });

/** The atlas of a source, as version 1 has it; a run goes on after the answer. */
export function registerAtlas(app: FastifyInstance, { authenticator, directory, atlas }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  /** The source that the request is about. @throws {ControllerError} `unauthorized`, `notFound`, `conflict` */
  const sourceOf = async (request: FastifyRequest, text: string): Promise<number> => {
    const user = await authenticator.userOf(request);
    const address = tryParseIpv4(text);
    const agent = address === undefined ? undefined : ownAgent(directory, user, address);
    if (address === undefined || agent?.kind !== 'source')
      throw new ControllerError('notFound', `${text} is no source of yours`);
    if (agent.state !== 'ready' && agent.state !== 'preparing')
      throw new ControllerError('conflict', `${text} is not ready: it is ${agent.state}`);
    return address;
  };
  const schemaOf = (summary: string) => ({
    summary,
    tags: ['v1'],
    security,
    headers: headersSchema,
    response: { 200: z.object({}), ...errorResponses },
  });

  routes.post('/api/v1/atlas/run', { schema: schemaOf('Measure the atlas of your source') }, async (request) => {
    const source = await sourceOf(request, request.headers.source);
    void atlas.collect(source);
    return {};
  });

  routes.post('/api/v1/atlas/clean', { schema: schemaOf('Forget the atlas of your source') }, async (request) => {
    await atlas.clean(await sourceOf(request, request.headers.source));
    return {};
  });
}
