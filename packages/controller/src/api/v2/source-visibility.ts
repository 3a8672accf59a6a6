import { formatIpv4 } from '@revtr/net';
import { SOURCE_VISIBILITIES, type User } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { RegisteredAgent } from '../../agents/directory.ts';
import { LONGEST_ADDRESS } from '../../foundation/address-schema.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { longList } from '../../foundation/long-list.ts';
import { userOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { ownSource } from '../http/own-source.ts';
import { security } from '../http/route-parts.ts';

const MOST_USERS = 1_000;

const visibilitySchema = z
  .enum(SOURCE_VISIBILITIES)
  .describe('Who may measure to the source, beside you and operators');
const sharingSchema = z.object({
  address: z.string(),
  visibility: visibilitySchema,
  users: z.array(z.string()).describe('E-mail addresses of the users with whom the source is shared'),
});
z.globalRegistry.add(sharingSchema, { id: 'SourceVisibility' });

/** Who may measure to a source: its host decides. */
export function registerSourceVisibility(app: FastifyInstance, { directory, sourceAccess }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const params = z.object({ address: z.string().max(LONGEST_ADDRESS) });
  const parts = { tags: ['agents'], security, params, response: { 200: sharingSchema, ...errorResponses } };
  /** @throws {ControllerError} `notFound` */
  const sourceOf = (user: User, text: string): RegisteredAgent => {
    const source = directory.find(ownSource(directory, user, text));
    if (source === undefined) throw new ControllerError('notFound', `${text} is no source of yours`);
    return source;
  };
  const show = async (source: RegisteredAgent): Promise<z.infer<typeof sharingSchema>> => ({
    address: formatIpv4(source.address),
    visibility: source.visibility,
    users: [...(await sourceAccess.usersOf(source))],
  });

  routes.get(
    '/api/v2/sources/:address/visibility',
    {
      config: { access: 'host' },
      schema: { ...parts, operationId: 'getSourceVisibility', summary: 'Who may measure to your source' },
    },
    async (request) => show(sourceOf(userOf(request), request.params.address)),
  );

  routes.put(
    '/api/v2/sources/:address/visibility',
    {
      config: { access: 'host' },
      schema: {
        ...parts,
        operationId: 'setSourceVisibility',
        summary: 'Set who may measure to your source',
        body: z.object({
          visibility: visibilitySchema,
          users: longList(z.email().max(254), { most: MOST_USERS })
            .prefault([])
            .describe('Only with the visibility shared'),
        }),
      },
    },
    async (request) => {
      const user = userOf(request);
      const { visibility, users } = request.body;
      await sourceAccess.change(sourceOf(user, request.params.address), visibility, users);
      return show(sourceOf(user, request.params.address));
    },
  );
}
