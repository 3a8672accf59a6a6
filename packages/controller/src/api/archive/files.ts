import send from '@fastify/send';
import type { FastifyInstance } from 'fastify';
import { isImmutable, isPublished } from '../../archive/files/archive-layout.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { limitedClientOf } from '../http/client-address.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { StreamLimit } from '../http/stream-limit.ts';

const MOST_DOWNLOADS = { perUser: 10, inAll: 200 };
/** A client that has read nothing for this long is disconnected. */
const STALLED_MS = 60_000;
const YEAR_MS = 31_536_000_000;
/** Everybody may read them, also programs in browsers. */
const HEADERS = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };

/** The files of the public archive, for everybody; with parts of files (RFC 9110, section 14) and conditional requests. */
export function registerArchiveFiles(app: FastifyInstance, { archive }: Pick<ApiCollaborators, 'archive'>): void {
  if (archive === undefined) return;
  const downloads = new StreamLimit(MOST_DOWNLOADS);
  app.get<{ Params: { '*': string } }>(
    '/archive/*',
    { config: { access: 'public' }, schema: { hide: true } },
    async (request, reply) => {
      const path = request.params['*'];
      // No other name reaches the file system.
      if (!isPublished(path)) throw new ControllerError('notFound', `there is no /archive/${path}`);
      downloads.enter(limitedClientOf(request), reply.raw);
      reply.raw.setTimeout(STALLED_MS, () => reply.raw.destroy());
      const lasting = isImmutable(path);
      const { statusCode, headers, stream } = await send(request.raw, `/${path}`, {
        root: archive.directory,
        index: false,
        cacheControl: lasting,
        maxAge: YEAR_MS,
        immutable: lasting,
      });
      if (statusCode === 404) throw new ControllerError('notFound', `there is no /archive/${path}`);
      return reply
        .code(statusCode)
        .headers({ ...(!lasting && { 'cache-control': 'no-cache' }), ...headers, ...HEADERS })
        .send(stream);
    },
  );
}
