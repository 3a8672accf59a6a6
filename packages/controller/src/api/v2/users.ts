import type { User } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { callerOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { lineOf, numberInUrl, security } from '../http/route-parts.ts';
import { limitsSchema, toUser, userSchema } from './account-schemas.ts';

const MOST_LISTED = 1_000;

const invitationSchema = z.object({
  name: lineOf(200),
  email: z.email().max(254),
  role: z.enum(['user', 'operator']).default('user'),
  limits: limitsSchema.optional().describe('Default: those of new users'),
});
const changeSchema = z.object({
  limits: limitsSchema.partial().optional(),
  role: z.enum(['user', 'operator']).optional(),
  weight: z
    .number()
    .min(0.01)
    .max(1_000)
    .optional()
    .describe(
      'Share of the queue that the user gets, in proportion to the weights of the other users who wait; 1 at first',
    ),
  disabled: z
    .boolean()
    .optional()
    .describe('A disabled user cannot do anything, and the open batches of the user are cancelled'),
});

/** Users, for operators. */
export function registerUsers(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { users, accountService, authenticator, batches, cancelBatch, clock } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const parts = { tags: ['users'], security };
  const params = z.object({ id: numberInUrl });
  /** @throws {ControllerError} `notFound` */
  const userWith = async (id: number): Promise<User> => {
    const user = await users.find(id);
    if (user === undefined || user.deleted_at !== null) throw new ControllerError('notFound', `there is no user ${id}`);
    return user;
  };

  routes.get(
    '/api/v2/users',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'listUsers',
        summary: 'Users by id, at most 1,000 at once (operators)',
        querystring: z.object({
          after: numberInUrl.optional().describe('Id of the last user of the page before'),
          email: z.string().max(254).optional().describe('Only the user with this e-mail address'),
        }),
        response: { 200: z.object({ users: z.array(userSchema) }), ...errorResponses },
      },
    },
    async (request) => {
      const { after = 0, email } = request.query;
      if (email === undefined) return { users: (await users.list({ after, limit: MOST_LISTED })).map(toUser) };
      const user = await users.findByEmail(email);
      return { users: user === undefined ? [] : [toUser(user)] };
    },
  );

  routes.post(
    '/api/v2/users',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'inviteUser',
        summary: 'Invite a user, who is mailed a link to an API key (operators)',
        body: invitationSchema,
        response: { 201: userSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      reply.code(201);
      return toUser(await accountService.invite(request.body));
    },
  );

  routes.patch(
    '/api/v2/users/:id',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'updateUser',
        summary: 'Change the limits, the weight or the role of a user, or disable a user (operators)',
        params,
        body: changeSchema,
        response: { 200: userSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { id } = await userWith(request.params.id);
      const { limits, role, weight, disabled } = request.body;
      // An operator who locks out the last operator, themselves, could not be let in again by anybody.
      if (id === callerOf(request).user.id && (role === 'user' || disabled === true))
        throw new ControllerError('conflict', 'another operator must change your role or disable you');
      const changed = await users.change(id, {
        ...(role !== undefined && { role }),
        ...(weight !== undefined && { weight }),
        ...(limits?.perDay !== undefined && { maxPerDay: limits.perDay }),
        ...(limits?.parallel !== undefined && { maxParallel: limits.parallel }),
        ...(limits?.perMinute !== undefined && { maxPerMinute: limits.perMinute }),
        ...(disabled !== undefined && { disabledAt: disabled ? new Date(clock.now()) : null }),
      });
      authenticator.forget(id);
      if (changed === undefined) throw new ControllerError('notFound', `there is no user ${id}`);
      if (disabled === true) for (const batch of await batches.openOf(id)) await cancelBatch(batch);
      return toUser(changed);
    },
  );

  routes.post(
    '/api/v2/users/:id/link',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'mailKeyLink',
        summary: 'Mail a user a link to a new API key (operators)',
        params,
        response: { 200: userSchema, ...errorResponses },
      },
    },
    async (request) => {
      const user = await userWith(request.params.id);
      await accountService.mailKeyLink(user);
      return toUser(user);
    },
  );
}
