import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ControllerError } from '../../foundation/errors.ts';
import { parsed } from '../../foundation/parsed.ts';
import { readImportList } from '../../opt-outs/import-list.ts';
import { parseNetwork } from '../../opt-outs/network.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';

export const networkSchema = parsed(parseNetwork).describe('IPv4 prefix, IPv6 prefix, or AS number');
const reasonSchema = z.string().max(500).default('').describe('Who asked for it, and when');
const optOutSchema = z.object({ network: z.string(), kind: z.enum(['ipv4', 'ipv6', 'as']), reason: z.string() });
z.globalRegistry.add(optOutSchema, { id: 'OptOut' });

const MOST_ON_PAGE = 10_000;
const READS_A_MINUTE = 600;
/** A million IPv6 prefixes with a comment each. */
const MOST_IMPORT_BYTES = 64 * 2 ** 20;

/** The list of networks that opted out of probing. Everybody may read it. */
export function registerOptOuts(app: FastifyInstance, { optOuts }: ApiCollaborators): void {
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const { table, published } = optOuts;
  const parts = { tags: ['opt-outs'] };

  routes.get(
    '/api/v2/opt-outs',
    {
      config: { access: 'public', rateLimit: { max: READS_A_MINUTE, timeWindow: '1 minute' } },
      schema: {
        ...parts,
        operationId: 'listOptOuts',
        summary: 'Networks that are not probed because they opted out',
        description: 'At most `limit` networks in order. `next` is what `after` must be to get the following ones.',
        querystring: z.object({
          after: z.string().max(60).default(''),
          limit: z.coerce.number().int().min(1).max(MOST_ON_PAGE).default(MOST_ON_PAGE),
        }),
        response: {
          200: z.object({ optOuts: z.array(optOutSchema), next: z.string().optional() }),
          ...errorResponses,
        },
      },
    },
    async ({ query: { after, limit } }) => {
      const rows = await table.page(after, limit);
      const next = rows.length === limit ? rows.at(-1)?.network : undefined;
      const shown = rows.map(({ network, kind, reason }) => ({ network, kind, reason }));
      return { optOuts: shown, ...(next !== undefined && { next }) };
    },
  );

  routes.post(
    '/api/v2/opt-outs',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'addOptOut',
        summary: 'Stop probing a network (operators)',
        description: 'The controller sends the change to all agents within a second.',
        security,
        body: z.object({ network: networkSchema, reason: reasonSchema }),
        response: { 200: optOutSchema, ...errorResponses },
      },
    },
    async ({ body: { network, reason } }) => {
      await published.add([{ ...network, reason, origin: 'operator' }]);
      return { ...network, reason };
    },
  );

  routes.post(
    '/api/v2/opt-outs/import',
    {
      bodyLimit: MOST_IMPORT_BYTES,
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'importOptOuts',
        summary: 'Add all networks of a list, or none when a line is wrong (operators)',
        security,
        body: z.object({
          list: z.string().describe('One prefix or AS number in a line; `#` begins a comment'),
          reason: reasonSchema,
        }),
        response: { 200: z.object({ networks: z.int() }), ...errorResponses },
      },
    },
    async ({ body: { list, reason } }) => {
      const read = readImportList(list);
      if ('problems' in read)
        throw new ControllerError('badRequest', `${read.count} lines of the list are wrong; nothing was imported`, {
          places: read.problems,
        });
      await published.add(read.networks.map((network) => ({ ...network, reason, origin: 'import' as const })));
      return { networks: read.networks.length };
    },
  );

  routes.delete(
    '/api/v2/opt-outs',
    {
      config: { access: 'operate' },
      schema: {
        ...parts,
        operationId: 'removeOptOut',
        summary: 'Allow probing of a network again (operators)',
        security,
        querystring: z.object({ network: networkSchema }),
        response: { 200: z.object({ network: z.string() }), ...errorResponses },
      },
    },
    async ({ query: { network } }) => {
      if (!(await published.remove(network)))
        throw new ControllerError('notFound', `${network.network} is not on the list`);
      return { network: network.network };
    },
  );
}
