import { parseIpv4 } from '@revtr/net';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { addPublicTraceroutes } from '../../atlas/public-traceroutes.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { longList } from '../../foundation/long-list.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';

const MOST_TRACEROUTES = 1_000;
const MOST_HOPS = 255;
/** A traceroute of 255 hops has about 5,000 bytes. */
const MOST_BODY_BYTES = 8 * 2 ** 20;
const MOST_VALUES = MOST_TRACEROUTES * (MOST_HOPS + 10);

const addressSchema = z.ipv4();
const tracerouteSchema = z.object({
  origin: addressSchema,
  target: addressSchema,
  at: z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).describe('Milliseconds since the Unix epoch'),
  hops: longList(addressSchema.nullable(), { least: 1, most: MOST_HOPS }).describe(
    'From the first router to the target; null for hops that did not answer',
  ),
});
const reportSchema = z.object({
  added: z.int().describe('Paths added to an atlas'),
  known: z.int().describe('Paths of which the atlas has one of the same origin that is as new'),
  untimely: z.int().describe('Traceroutes older than seven days, or of the future'),
  otherGateway: z.int().describe('Paths whose last router is none through which other paths reach the source'),
  unusable: z.int().describe('Traceroutes that loop, do not end at their target, or lead to the /24 of no source'),
});
z.globalRegistry.add(reportSchema, { id: 'TracerouteImport' });

/** Traceroutes that others have published, for the atlases of the sources in the /24 of their targets. */
export function registerPublicTraceroutes(
  app: FastifyInstance,
  { measuring, directory, isCluster }: ApiCollaborators,
): void {
  const sources = () => directory.registeredSources().map(({ address }) => address);
  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/v2/atlas/traceroutes',
    {
      bodyLimit: MOST_BODY_BYTES,
      config: { access: 'operate', mostValues: MOST_VALUES },
      schema: {
        tags: ['atlas'],
        security,
        operationId: 'importTraceroutes',
        summary: 'Add published traceroutes to the atlases of the sources near their targets (operators)',
        description: 'Importing a traceroute again changes nothing.',
        body: z.object({ traceroutes: longList(tracerouteSchema, { most: MOST_TRACEROUTES }) }),
        response: { 200: reportSchema, ...errorResponses },
      },
    },
    async ({ body }) => {
      if (isCluster)
        throw new ControllerError('conflict', 'a controller of several processes cannot add public traceroutes yet');
      const { atlas, clock } = measuring.engineParts;
      const traceroutes = body.traceroutes.map(({ origin, target, at, hops }) => ({
        origin: parseIpv4(origin),
        target: parseIpv4(target),
        at,
        hops: hops.map((hop) => (hop === null ? undefined : parseIpv4(hop))),
      }));
      return addPublicTraceroutes(traceroutes, { atlas, clock, sources });
    },
  );
}
