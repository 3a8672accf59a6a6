import rateLimit from '@fastify/rate-limit';
import type { User } from '@revtr/storage';
import { type FastifyInstance, fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ApiCollaborators } from '../src/api/http/collaborators.ts';
import { installErrorHandler } from '../src/api/http/errors.ts';
import { registerWatches } from '../src/api/v2/watches.ts';
import { ControllerError } from '../src/foundation/errors.ts';

let app: FastifyInstance;
beforeEach(async () => {
  app = fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  installErrorHandler(app);
  const errorResponseBuilder = () =>
    new ControllerError('tooManyRequests', 'too many requests', { retryAfterSeconds: 60 });
  await app.register(rateLimit, { global: false, errorResponseBuilder });
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    const user = { id: Number(request.headers.user), role: 'user' } as User;
    request.caller = { user, scopes: ['measure'], keyId: 1, sessionId: null, expiresAt: null };
  });
  const service = { test: async () => ({ state: 'delivered', status: 204 }) };
  registerWatches(app, { watches: { service, table: {}, history: {} } } as unknown as ApiCollaborators);
});
afterEach(() => app.close());

it('limits the test messages of a user, from however many addresses they are asked for', async () => {
  const statusOf = async (user: number, remoteAddress: string): Promise<number> =>
    (
      await app.inject({
        method: 'POST',
        url: '/api/v2/watches/1/test',
        headers: { user: String(user) },
        remoteAddress,
      })
    ).statusCode;
  for (let i = 0; i < 10; i++) expect(await statusOf(1, `192.0.2.${i}`)).toBe(200);
  expect(await statusOf(1, '192.0.2.10')).toBe(429);
  expect(await statusOf(2, '192.0.2.10')).toBe(200);
});
