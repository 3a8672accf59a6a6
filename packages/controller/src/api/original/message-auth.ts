import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { requireAccess } from '../http/access.ts';
import { type Caller, carriesCredential } from '../http/authenticate.ts';
import { clientOf, limitedClientOf } from '../http/client-address.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { StreamLimit } from '../http/stream-limit.ts';

/** Bytes of a message that are read before it is known who sent it. */
const MOST_UNKNOWN_BYTES = 2 ** 20;
/** As much is read of every request that needs no key. */
const SMALL_BYTES = 64 * 2 ** 10;
const MOST_LARGE = { perUser: 4, inAll: 32 };
const messageSchema = z.object({ auth: z.string().min(1) });

/** Limits how many messages above 64 KiB are read at once of which it is not known who sent them: each takes memory until it is whole. */
export const limitLargeMessages = (): StreamLimit => new StreamLimit(MOST_LARGE);

/**
 * Authentication by the field `auth` of the message, as the original's proto has it: in the body of a POST request, or in the query of a GET
 * request. A credential in a header is checked before the body is read; a body that carries the key is read up to 1 MiB. The routes say
 * `access: 'public'`, and have these hooks.
 */
export function messageAuth(
  access: 'read' | 'measure' | 'host',
  {
    authenticator,
    auditEvents,
    large,
  }: Pick<ApiCollaborators, 'authenticator' | 'auditEvents'> & {
    /** Of all routes together. */ readonly large: StreamLimit;
  },
) {
  const ends = new WeakMap<FastifyRequest, () => void>();
  const admit = async (request: FastifyRequest, identify: () => Promise<Caller>): Promise<void> => {
    const client = clientOf(request);
    let caller: Caller;
    try {
      caller = await identify();
    } catch (error) {
      if (error instanceof ControllerError) auditEvents.count({ kind: 'unknownKey', client, detail: error.message });
      throw error;
    }
    auditEvents.count({ kind: 'login', userId: caller.user.id, client });
    requireAccess(caller, access);
    request.caller = caller;
  };
  return {
    onRequest: async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
      if (carriesCredential(request)) return admit(request, () => authenticator.callerOf(request));
      if (request.method !== 'POST') return undefined;
      const length = Number(request.headers['content-length'] ?? Number.NaN);
      if (length <= SMALL_BYTES) return undefined;
      if (length <= MOST_UNKNOWN_BYTES) {
        ends.set(request, large.enter(limitedClientOf(request), reply.raw));
        return undefined;
      }
      throw new ControllerError(
        'bodyTooLarge',
        `a message of more than ${MOST_UNKNOWN_BYTES} bytes, or of unknown length, needs the API key in the header Revtr-Key`,
      );
    },
    preValidation: async (request: FastifyRequest): Promise<void> => {
      ends.get(request)?.();
      if (request.caller !== null) return undefined;
      return admit(request, async () => {
        const message = messageSchema.safeParse(request.method === 'POST' ? request.body : request.query);
        if (message.success) return authenticator.callerWith(request, message.data.auth);
        throw new ControllerError('unauthorized', 'unauthorized request: neither a header nor auth carries an API key');
      });
    },
  };
}
