import { parseIpv4 } from '@revtr/net';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { addressSchema } from '../../foundation/address-schema.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { longList } from '../../foundation/long-list.ts';
import { migrateTraceroutes } from '../../migration/migrated-atlas.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { lineOf, security } from '../http/route-parts.ts';

const MOST_AT_ONCE = 500;
const MOST_KEYS = 20;
const MOST_HOPS = 256;
const MOST_BODY_BYTES = 8 * 2 ** 20;
const MOST_VALUES = MOST_AT_ONCE * (MOST_KEYS + MOST_HOPS + 30);
const MOST_LIMIT = 1_000_000_000;

const limitSchema = z.int().min(0).max(MOST_LIMIT).optional();
const userSchema = z.object({
  name: lineOf(200, 0),
  email: z.email().max(254),
  perDay: limitSchema.describe('Measurements per day. Default: that of new users'),
  parallel: limitSchema.describe('Measurements that have not ended. Default: that of new users'),
  keyHashes: longList(z.string().regex(/^[0-9a-f]{64}$/), { most: MOST_KEYS }).describe(
    'SHA-256 of each API key that continues to work, 64 hexadecimal digits',
  ),
});
const hostSchema = z.object({
  address: addressSchema,
  kind: z.enum(['source', 'vantagePoint']),
  hostname: lineOf(253),
  site: lineOf(200, 0),
  owner: z
    .email()
    .max(254)
    .optional()
    .describe('E-mail address of the owner, who has an account. Default: the operators'),
});
const ipv4 = z.ipv4();
const tracerouteSchema = z.object({
  source: ipv4,
  origin: ipv4,
  platform: z.enum(['vantagePoint', 'ripeAtlas']).describe('What measured it'),
  at: z.number().nonnegative().max(Number.MAX_SAFE_INTEGER).describe('Milliseconds since the Unix epoch'),
  hops: longList(ipv4.nullable(), { least: 1, most: MOST_HOPS }).describe(
    'From the first router to the source; null for hops that did not answer',
  ),
});
const outcome = {
  outcome: z.enum(['added', 'known', 'refused']),
  reason: z.string().describe('Empty for what is new'),
};
const reportSchema = z.object({
  users: z
    .array(z.object({ ...outcome, keys: z.int().describe('Keys that work from now on') }))
    .describe('In the order of the request'),
  hosts: z.array(z.object(outcome)).describe('In the order of the request'),
  traceroutes: z.object({
    added: z.int(),
    known: z.int().describe('Paths of which the atlas has one of the same origin that is as new'),
    untimely: z.int().describe('Traceroutes older than seven days, or of the future'),
    unusable: z.int().describe('Traceroutes that loop, or do not end at a source of this system'),
  }),
});
type Report = z.infer<typeof reportSchema>;
z.globalRegistry.add(reportSchema, { id: 'MigrationReport' });

/** Users, hosts and atlas traceroutes of a system that this one replaces. */
export function registerMigration(
  app: FastifyInstance,
  { migration, measuring, directory, isCluster }: ApiCollaborators,
): void {
  app.withTypeProvider<ZodTypeProvider>().post(
    '/api/v2/migration',
    {
      bodyLimit: MOST_BODY_BYTES,
      config: { access: 'operate', mostValues: MOST_VALUES },
      schema: {
        tags: ['operations'],
        security,
        operationId: 'migrateSystem',
        summary: 'Register users, hosts and atlas traceroutes of a system that this one replaces (operators)',
        description: 'Sending the same again changes nothing. No mail is sent.',
        body: z.object({
          isDryRun: z.boolean().default(false).describe('Whether the answer only says what would happen'),
          users: longList(userSchema, { most: MOST_AT_ONCE }).prefault([]),
          hosts: longList(hostSchema, { most: MOST_AT_ONCE }).prefault([]),
          traceroutes: longList(tracerouteSchema, { most: MOST_AT_ONCE }).prefault([]),
        }),
        response: { 200: reportSchema, ...errorResponses },
      },
    },
    async ({ body: { isDryRun, users, hosts, traceroutes } }) => {
      if (isCluster && traceroutes.length > 0)
        throw new ControllerError(
          'conflict',
          'a controller of several processes cannot add traceroutes; import them before',
        );
      const migratedUsers: Report['users'] = [];
      const migratedHosts: Report['hosts'] = [];
      for (const user of users) migratedUsers.push(await migration.addUser(user, isDryRun));
      for (const host of hosts) migratedHosts.push(await migration.addHost(host, isDryRun));
      const { atlas, clock } = measuring.engineParts;
      const paths = traceroutes.map(({ source, origin, hops, ...rest }) => ({
        ...rest,
        source: parseIpv4(source),
        origin: parseIpv4(origin),
        hops: hops.map((hop) => (hop === null ? undefined : parseIpv4(hop))),
      }));
      const report = migrateTraceroutes(paths, {
        atlas,
        now: clock.now(),
        // A dry run has not registered the sources of these traceroutes.
        isSource: (address) => isDryRun || directory.findRegistered(address)?.kind === 'source',
        isDryRun,
      });
      return { users: migratedUsers, hosts: migratedHosts, traceroutes: report };
    },
  );
}
