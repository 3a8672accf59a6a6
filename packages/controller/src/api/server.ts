import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import { type FastifyBaseLogger, type FastifyInstance, fastify, LogController } from 'fastify';
import {
  jsonSchemaTransform,
  jsonSchemaTransformObject,
  serializerCompiler,
  validatorCompiler,
} from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import { ControllerError } from '../foundation/errors.ts';
import type { Metrics } from '../foundation/metrics.ts';
import type { ApiCollaborators } from './http/collaborators.ts';
import { installErrorHandler } from './http/errors.ts';
import { installJsonBody } from './http/json-body.ts';
import { registerAtlasV1 } from './v1/atlas.ts';
import { registerV1 } from './v1/routes.ts';
import { registerAgents } from './v2/agents.ts';
import { registerApplications } from './v2/applications.ts';
import { registerAtlasV2 } from './v2/atlas.ts';
import { registerDatasets } from './v2/datasets.ts';
import { registerOperations } from './v2/operations.ts';
import { registerV2 } from './v2/routes.ts';

const MOST_BODY_BYTES = 16 * 2 ** 20;

/** Certificate and key of the API, PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/** The HTTP server with all its routes and the document that describes them. */
export async function createServer(
  options: { readonly tls: TlsFiles | undefined },
  collaborators: ApiCollaborators & { readonly log: Logger; readonly metrics: Metrics },
): Promise<FastifyInstance> {
  const { log, metrics } = collaborators;
  const app: FastifyInstance = fastify({
    https: options.tls === undefined ? null : { cert: options.tls.certificate, key: options.tls.key },
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
  await app.register(rateLimit, {
    global: false,
    // Over a Unix socket nobody has an address.
    keyGenerator: ({ ip }) => ip || 'local',
    errorResponseBuilder: (_request, { ttl }) =>
      new ControllerError('tooManyRequests', 'too many requests from your address', {
        retryAfterSeconds: Math.ceil(ttl / 1000),
      }),
  });
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
    registerAtlasV1(routes, collaborators);
    registerV2(routes, collaborators);
    registerAgents(routes, collaborators);
    registerApplications(routes, collaborators);
    registerAtlasV2(routes, collaborators);
    registerDatasets(routes, collaborators);
    registerOperations(routes, collaborators);
    routes.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
    routes.get('/health', { schema: { hide: true } }, () => ({ status: 'ok' }));
    routes.get('/metrics', { schema: { hide: true } }, async (_request, reply) =>
      reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()),
    );
  });
  await app.ready();
  return app;
}
