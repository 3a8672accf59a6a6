import { Readable } from 'node:stream';
import { parseIpv4 } from '@revtr/net';
import type { AccountRecord, User } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { callerOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses, streamResponse } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';
import { StreamLimit } from '../http/stream-limit.ts';
import { scopeSchema, toUser, userSchema } from './account-schemas.ts';

const EXPORTS = { perUser: 1, inAll: 4 };

const accountSchema = userSchema.extend({
  scopes: z.array(scopeSchema).describe('What the credential of this request permits'),
});
z.globalRegistry.add(accountSchema, { id: 'Account' });
const usageSchema = z.object({
  limit: z.enum(['perDay', 'parallel', 'perMinute']),
  allowed: z.int().describe('Measurements that the limit allows'),
  used: z.int().describe('Measurements that count toward it'),
  resetSeconds: z.int().describe('Seconds until more is allowed; for `parallel` an estimate'),
});
z.globalRegistry.add(usageSchema, { id: 'LimitUse' });

/** The account of the user: shown, exported and deleted. */
export function registerAccount(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { users, accounts, batches, directory, measuring, authenticator, switches, clock } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const parts = { tags: ['account'], security };
  const exports = new StreamLimit(EXPORTS);
  /** The user with the role that is stored: the credential may permit less. */
  const storedUser = async (id: number): Promise<User> => {
    const user = await users.find(id);
    if (user === undefined) throw new ControllerError('notFound', 'the account was deleted');
    return user;
  };

  routes.get(
    '/api/v2/account',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'getAccount',
        summary: 'Your account',
        response: { 200: accountSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { user, scopes } = callerOf(request);
      return { ...toUser(await storedUser(user.id)), scopes: [...scopes] };
    },
  );

  routes.get(
    '/api/v2/account/usage',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'getAccountUsage',
        summary: 'How much of your limits is used',
        response: { 200: z.object({ limits: z.array(usageSchema) }), ...errorResponses },
      },
    },
    async (request) => ({
      limits: [...(await batches.limitUseOf(await storedUser(callerOf(request).user.id), new Date(clock.now())))],
    }),
  );

  routes.get(
    '/api/v2/account/export',
    {
      config: { access: 'account' },
      // A request for the head alone would read everything, and its response closes at once: the limit would not hold.
      exposeHeadRoute: false,
      schema: {
        ...parts,
        operationId: 'exportAccount',
        summary: 'Everything that is stored about you, as JSON Lines',
        description:
          'Each line is `{type, value}`; the types are account, key, session, application, agent, share, mail, watch, watchRun, watchChange, watchAlert, batch, measurement and publication.',
        response: { 200: streamResponse('One record a line', 'application/x-ndjson'), ...errorResponses },
      },
    },
    async (request, reply) => {
      const { id } = callerOf(request).user;
      const user = await storedUser(id);
      exports.enter(id, reply.raw);
      return reply.type('application/x-ndjson').send(Readable.from(lines(accounts.export(user))));
    },
  );

  routes.delete(
    '/api/v2/account',
    {
      config: { access: 'account' },
      schema: {
        ...parts,
        operationId: 'deleteAccount',
        summary: 'Delete your account and everything that is stored about you',
        description: 'Your agents are withdrawn and your measurements are deleted. This cannot be undone.',
        body: z.object({ email: z.string().max(254).describe('Your e-mail address, to confirm') }),
        response: { 200: z.object({ id: z.int() }), ...errorResponses },
      },
    },
    async (request) => {
      const user = await storedUser(callerOf(request).user.id);
      if (request.body.email.toLowerCase() !== user.email.toLowerCase())
        throw new ControllerError('badRequest', 'the e-mail address is not the one of your account', {
          places: [{ at: 'email', code: 'notYours', message: 'must be the address of your account' }],
        });
      if (user.role === 'operator')
        throw new ControllerError('conflict', 'another operator must make you a user before you delete your account');
      if (switches.isSet('user', String(user.id)))
        throw new ControllerError(
          'conflict',
          'an operator has stopped your account, which therefore cannot be deleted',
        );
      const withdrawn = await accounts.delete(user, new Date(clock.now()));
      authenticator.forget(user.id);
      for (const address of withdrawn.map(parseIpv4)) {
        await directory.reload(address);
        measuring.expel(address, 'withdrawn');
      }
      return { id: user.id };
    },
  );
}

async function* lines(records: AsyncIterable<AccountRecord>): AsyncGenerator<string> {
  for await (const record of records) yield `${JSON.stringify(record)}\n`;
}
