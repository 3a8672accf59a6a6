import type { User } from '@revtr/storage';
import { fastify } from 'fastify';
import { serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { expect, it } from 'vitest';
import type { Authenticator, Caller } from '../src/api/http/authenticate.ts';
import type { ApiCollaborators } from '../src/api/http/collaborators.ts';
import { registerProbes } from '../src/api/v2/probes.ts';
import { registerV2 } from '../src/api/v2/routes.ts';
import { ControllerError } from '../src/foundation/errors.ts';

const callerWith = (role: User['role']) => ({ user: { id: 1, role }, scopes: ['read'], keyId: 1 }) as unknown as Caller;
/** What only operators may read: a batch, or a set of probes, in which everything has ended. */
const forOperators = async ({ role }: User) => {
  if (role !== 'operator') throw new ControllerError('notFound', 'there is no such object');
  return { id: 7, size: 1 };
};

/** What the stream of an operator sends who has the role `role` when the stream begins. */
async function streamOf(url: string, role: User['role']): Promise<string> {
  const authenticator: Partial<Authenticator> = {
    callerOf: async () => callerWith(role),
    optionalCallerOf: async () => callerWith(role),
  };
  const events = { subscribe: () => () => undefined };
  const ended = { endedIn: async () => [1] };
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    request.caller = callerWith('operator');
  });
  const collaborators = {
    ...{ authenticator, events, batches: ended, submission: { batchOf: forOperators } },
    ...{ visitors: { isVisitor: () => false }, clock: { now: () => 0 }, stopping: new AbortController().signal },
    probes: { events, sets: ended, submission: { setOf: forOperators } },
  } as unknown as ApiCollaborators;
  registerV2(app, collaborators);
  registerProbes(app, collaborators);
  try {
    const address = await app.listen({ host: '127.0.0.1', port: 0 });
    return await (await fetch(`${address}${url}`)).text();
  } finally {
    await app.close();
  }
}

it.each(['/api/v2/batches/7/events', '/api/v2/probes/7/events'])(
  'a stream ends when its user may not read any more what it tells of: %s',
  async (url) => {
    expect(await streamOf(url, 'operator')).toContain('event: complete');
    expect(await streamOf(url, 'user')).not.toContain('event:');
  },
);
