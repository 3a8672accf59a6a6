import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { Metrics } from '../metrics.ts';
import type { ApiCollaborators } from './collaborators.ts';
import { installErrorHandler } from './errors.ts';
import { installJsonBody } from './json-body.ts';
import { registerV1 } from './v1/routes.ts';
import { registerV2 } from './v2/routes.ts';

const MOST_BODY_BYTES = 16 * 2 ** 20;

/** The HTTP server with all its routes and the document that describes them. */
export async function createServer(
  collaborators: ApiCollaborators & { readonly log: Logger; readonly metrics: Metrics },
): Promise<FastifyInstance> {
  const { log, metrics } = collaborators;
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger,
    bodyLimit: MOST_BODY_BYTES,
    forceCloseConnections: 'idle',
    logController: new LogController({ disableRequestLogging: true }),
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installErrorHandler(app);
  installJsonBody(app);
  await app.register(helmet);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Reverse Traceroute',
        version: '1.0.0',
        description: 'Measures the path from any destination back to a registered source.',
      },
      components: { securitySchemes: { revtrKey: { type: 'apiKey', in: 'header', name: 'Revtr-Key' } } },
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(async (routes) => {
    registerV1(routes, collaborators);
    registerV2(routes, collaborators);
    routes.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
    routes.get('/health', { schema: { hide: true } }, () => ({ status: 'ok' }));
    routes.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    );
  });
  await app.ready();
  return app;
}
