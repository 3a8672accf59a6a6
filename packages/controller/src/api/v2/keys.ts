import { type ApiKey, generateApiKey, hashApiKey, MOST_KEYS, type Scope, USER_SCOPES } from '@revtr/storage';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { callerOf } from '../http/access.ts';
import type { Caller } from '../http/authenticate.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { lineOf, numberInUrl, security } from '../http/route-parts.ts';
import { keySchema, newKeySchema, scopeSchema, toKey } from './account-schemas.ts';

const HOUR_MS = 3_600_000;
const MOST_GRACE_HOURS = 720;

const expirySchema = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .optional();
const newKeyRequestSchema = z.object({
  name: lineOf(100).describe('To tell your keys apart'),
  scopes: z
    .array(scopeSchema)
    .min(1)
    .max(4)
    .default([...USER_SCOPES]),
  expiresAt: expirySchema.describe('Default: never'),
});
const rotationSchema = z.object({
  graceHours: z.number().min(0).max(MOST_GRACE_HOURS).default(24).describe('How long the old key still works'),
  expiresAt: expirySchema.describe('When the new key expires. Default: never'),
});

/** The API keys of the user. */
export function registerKeys(app: FastifyInstance, { keys, authenticator, clock, switches }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const parts = { tags: ['account'], security };
  const params = z.object({ id: numberInUrl });
  const now = (): Date => new Date(clock.now());
  /** @throws {ControllerError} `notFound` */
  const keyOf = async ({ user }: Caller, id: number): Promise<ApiKey> => {
    const found = await keys.find(user.id, id);
    if (found === undefined) throw new ControllerError('notFound', `you have no API key ${id}`);
    return found;
  };
  /** A stopped key, or a session that began with it, must not get itself another one. @throws {ControllerError} `forbidden` */
  const refuseStopped = ({ keyId }: Caller): void => {
    if (keyId !== null && switches.isSet('key', String(keyId)))
      throw new ControllerError('forbidden', `an operator has stopped your API key ${keyId}: it gives no other key`);
  };
  const expiryAfter = (expiresAt: Date | undefined, from: Date): Date | null => {
    if (expiresAt !== undefined && expiresAt <= from)
      throw new ControllerError('badRequest', 'the key would have expired already', {
        places: [{ at: 'expiresAt', code: 'inThePast', message: 'must be in the future' }],
      });
    return expiresAt ?? null;
  };

  routes.get(
    '/api/v2/keys',
    {
      config: { access: 'account' },
      schema: {
        ...parts,
        operationId: 'listKeys',
        summary: 'Your API keys that are not revoked',
        response: { 200: z.object({ keys: z.array(keySchema) }), ...errorResponses },
      },
    },
    async (request) => {
      const { user, keyId } = callerOf(request);
      return { keys: (await keys.of(user.id, now())).map((key) => toKey(key, keyId)) };
    },
  );

  routes.post(
    '/api/v2/keys',
    {
      config: { access: 'account' },
      schema: {
        ...parts,
        operationId: 'createKey',
        summary: 'Create an API key',
        description: 'The new key can have no scope that the key of the request lacks.',
        body: newKeyRequestSchema,
        response: { 201: newKeySchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { name, scopes } = request.body;
      refuseBeyond(caller, scopes);
      refuseStopped(caller);
      const at = now();
      const expiresAt = expiryAfter(request.body.expiresAt, at);
      const key = generateApiKey();
      const id = await keys.create(caller.user.id, hashApiKey(key), at, { name, scopes, expiresAt });
      if (id === undefined) throw tooMany();
      return created(reply, id, key);
    },
  );

  routes.delete(
    '/api/v2/keys/:id',
    {
      config: { access: 'account' },
      schema: {
        ...parts,
        operationId: 'revokeKey',
        summary: 'Revoke an API key: it stops working at once',
        params,
        response: { 200: keySchema, ...errorResponses },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const key = await keyOf(caller, request.params.id);
      // Otherwise a session that began with a mailed link could take the keys of an operator away.
      refuseBeyond(caller, key.scopes);
      await keys.revoke(caller.user.id, key.id, now());
      authenticator.forget(caller.user.id);
      return toKey(key, caller.keyId);
    },
  );

  routes.post(
    '/api/v2/keys/:id/rotate',
    {
      config: { access: 'account' },
      schema: {
        ...parts,
        operationId: 'rotateKey',
        summary: 'Replace an API key by a new one with the same name and scopes',
        params,
        body: rotationSchema.nullish(),
        response: { 201: newKeySchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const old = await keyOf(caller, request.params.id);
      refuseBeyond(caller, old.scopes);
      refuseStopped(caller);
      if (switches.isSet('key', String(old.id)))
        throw new ControllerError('conflict', `an operator has stopped the API key ${old.id}: it cannot be replaced`);
      const { graceHours = 24, expiresAt } = request.body ?? {};
      const at = now();
      const key = generateApiKey();
      const id = await keys.rotate(caller.user.id, old.id, hashApiKey(key), at, {
        oldUntil: new Date(at.getTime() + graceHours * HOUR_MS),
        expiresAt: expiryAfter(expiresAt, at),
      });
      if (id === 'tooMany') throw tooMany();
      authenticator.forget(caller.user.id);
      return created(reply, id, key);
    },
  );
}

const tooMany = (): ControllerError =>
  new ControllerError('conflict', `you have ${MOST_KEYS} API keys, the most allowed: revoke one`);

function created(
  reply: FastifyReply,
  id: number | undefined,
  key: string,
): { readonly id: number; readonly key: string } {
  if (id === undefined) throw new ControllerError('conflict', 'the key was revoked meanwhile');
  reply.code(201);
  return { id, key };
}

/** @throws {ControllerError} `forbidden` when a key permits more than the credential of the request */
function refuseBeyond({ scopes: own }: Caller, scopes: readonly Scope[]): void {
  const missing = scopes.filter((scope) => !own.includes(scope));
  if (missing.length > 0)
    throw new ControllerError('forbidden', `your own key does not have the scope ${missing.join(', ')}`);
}
