import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { RipeAtlasError } from '@revtr/ripe-atlas';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { overviewOf } from '../../atlas/overview.ts';
import {
  type AtlasRun,
  payerSchema,
  runCauseSchema,
  runPhaseSchema,
  runReportSchema,
  runStateSchema,
} from '../../atlas/run-record.ts';
import { aliasKindSchema } from '../../atlas/stored-evidence.ts';
import { ControllerError } from '../../foundation/errors.ts';
import { callerOf, userOf } from '../http/access.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { ownReadySource, ownSource } from '../http/own-source.ts';
import { ripeKeySchema, security } from '../http/route-parts.ts';

const runSchema = z.object({
  id: z.int(),
  cause: runCauseSchema,
  payer: payerSchema.describe('Whose RIPE Atlas credits it spends'),
  state: runStateSchema,
  phase: runPhaseSchema,
  done: z.int().describe('Steps of the phase that are done'),
  total: z.int(),
  probes: z.int().describe('RIPE Atlas probes asked'),
  measurements: z.array(z.int()).describe('Numbers of the RIPE Atlas measurements'),
  estimatedCredits: z.int(),
  spentCredits: z.int(),
  report: runReportSchema,
  notes: z.array(z.string()),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime().optional(),
  reason: z.string().optional(),
});
z.globalRegistry.add(runSchema, { id: 'AtlasRun' });

const agesSchema = z.object({ newest: z.number(), median: z.number(), oldest: z.number() });
const atlasSchema = z.object({
  source: z.string(),
  paths: z.object({ vantagePoint: z.int(), ripeAtlas: z.int(), publicTraceroute: z.int(), reverseTraceroute: z.int() }),
  hops: z.int(),
  routers: z.int(),
  networks: z.int(),
  placedExactly: z.int().describe('Record Route addresses that are a hop'),
  placedBetween: z.int().describe('Record Route addresses that lie between hops'),
  contradictions: z.object({ order: z.int(), bounds: z.int(), branch: z.int(), asLoop: z.int() }),
  used: z.int().describe('Places that reverse traceroutes have met within a day'),
  agesMs: agesSchema.optional(),
  onDemand: z
    .object({ traceroutes: z.int(), credits: z.int() })
    .describe('Traceroutes that measurements asked RIPE Atlas for within 24 hours, and their credits'),
  runs: z.array(runSchema).describe('Latest first'),
});
z.globalRegistry.add(atlasSchema, { id: 'Atlas' });

const estimateSchema = z.object({
  payer: payerSchema,
  probes: z.int(),
  credits: z.int(),
  note: z.string().optional(),
});
const paramsSchema = z.object({ source: z.string().describe('Address of your source') });
const headersSchema = z.object({ 'ripe-key': ripeKeySchema });

/** The atlas of a source: what it covers, how old it is, its runs; what a run would cost; runs begun and cancelled. */
export function registerAtlasV2(app: FastifyInstance, collaborators: ApiCollaborators): void {
  const { directory, atlas, measuring } = collaborators;
  const routes = app.withTypeProvider<ZodTypeProvider>();
  const parts = { tags: ['atlas'], security, params: paramsSchema };
  const show = async (source: Ipv4Address): Promise<z.infer<typeof atlasSchema>> => {
    const { engineParts } = measuring;
    const { ages, ...overview } = overviewOf(
      engineParts.atlas.of(source),
      {
        routerKey: (address) => engineParts.aliases.routerKey(address),
        originOf: (address) => engineParts.ipToAs.originOf(address),
      },
      engineParts.clock.now(),
    );
    const runs = (await atlas.runsOf(source)).map(toRun);
    const onDemand = await atlas.onDemandOf(source);
    return { source: formatIpv4(source), ...overview, ...(ages && { agesMs: ages }), onDemand, runs };
  };

  routes.get(
    '/api/v2/atlas/:source',
    {
      config: { access: 'read' },
      schema: {
        ...parts,
        operationId: 'getAtlas',
        summary: 'What the atlas of your source covers, how old it is, and its runs',
        response: { 200: atlasSchema, ...errorResponses },
      },
    },
    async (request) => show(ownSource(directory, userOf(request), request.params.source)),
  );

  routes.get(
    '/api/v2/atlas/:source/estimate',
    {
      config: { access: 'host' },
      schema: {
        ...parts,
        operationId: 'estimateAtlasRun',
        summary: 'What a run would measure and cost, in RIPE Atlas credits',
        headers: headersSchema,
        response: { 200: estimateSchema, ...errorResponses },
      },
    },
    async (request) => {
      const { user, keyId } = callerOf(request);
      const source = ownSource(directory, user, request.params.source);
      return atlas
        .estimate(source, { userId: user.id, keyId, ripeKey: request.headers['ripe-key'] })
        .catch(toControllerError);
    },
  );

  routes.post(
    '/api/v2/atlas/:source/runs',
    {
      config: { access: 'host' },
      schema: {
        ...parts,
        operationId: 'startAtlasRun',
        summary: 'Measure the atlas of your source, or join the run under way; answers at once',
        headers: headersSchema,
        response: { 202: runSchema, ...errorResponses },
      },
    },
    async (request, reply) => {
      const { user, keyId } = callerOf(request);
      const source = ownReadySource(directory, user, request.params.source);
      const run = await atlas.run(source, {
        userId: user.id,
        keyId,
        ripeKey: request.headers['ripe-key'],
      });
      return reply.code(202).send(toRun(run));
    },
  );

  routes.delete(
    '/api/v2/atlas/:source/runs',
    {
      config: { access: 'host' },
      schema: {
        ...parts,
        operationId: 'cancelAtlasRun',
        summary: 'Cancel the run that is under way; what it has found stays',
        response: { 200: atlasSchema, ...errorResponses },
      },
    },
    async (request) => {
      const source = ownSource(directory, userOf(request), request.params.source);
      if (!(await atlas.cancel(source))) throw new ControllerError('conflict', 'no run is under way');
      return show(source);
    },
  );

  routes.get(
    '/api/v2/aliases',
    {
      config: { access: 'read' },
      schema: {
        operationId: 'listAliases',
        summary: 'Aliases that our own probes suggest, kept apart from the datasets; most recently seen first',
        tags: ['atlas'],
        security,
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(100_000).default(1_000) }),
        response: { 200: z.object({ total: z.int(), aliases: z.array(aliasSchema) }), ...errorResponses },
      },
    },
    async (request) => {
      const all = measuring.engineParts.atlas.evidence.list();
      const aliases = all.slice(-request.query.limit).reverse();
      return {
        total: all.length,
        aliases: aliases.map(({ addresses, kind, lastSeen, count }) => ({
          addresses: addresses.map(formatIpv4),
          kind,
          lastSeen: new Date(lastSeen).toISOString(),
          count,
        })),
      };
    },
  );
}

const aliasSchema = z.object({
  addresses: z.array(z.string()).length(2),
  kind: aliasKindSchema.describe('What suggests it'),
  lastSeen: z.iso.datetime(),
  count: z.int().describe('How often it was seen'),
});

function toRun({ source: _source, startedAt, endedAt, ...run }: AtlasRun): z.infer<typeof runSchema> {
  return {
    ...run,
    startedAt: new Date(startedAt).toISOString(),
    ...(endedAt !== undefined && { endedAt: new Date(endedAt).toISOString() }),
  };
}

/** What RIPE Atlas refuses or fails in is not this server's fault, and not the user's. */
function toControllerError(error: unknown): never {
  if (error instanceof RipeAtlasError) throw new ControllerError('upstreamFailed', error.message);
  throw error;
}
