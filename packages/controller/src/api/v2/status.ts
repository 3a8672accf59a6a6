import { AGENT_STATES, KILL_SWITCH_SCOPES } from '@revtr/storage';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { ROLES } from '../../cluster/roles.ts';
import type { ApiCollaborators } from '../http/collaborators.ts';
import { errorResponses } from '../http/errors.ts';
import { security } from '../http/route-parts.ts';

const timeSchema = z.iso.datetime();
const statusSchema = z.object({
  isReady: z.boolean().describe('Whether this process can do its work now'),
  parts: z
    .array(z.object({ name: z.string(), outcome: z.enum(['ok', 'failed', 'tooSlow']) }))
    .describe('What the process depends on'),
  startedAt: timeSchema.describe('Since when this process works'),
  queue: z.object({
    queued: z.int().describe('Measurements that wait'),
    running: z.int().describe('Measurements under way'),
    oldestAt: timeSchema.optional().describe('When the oldest measurement that has not ended was submitted'),
  }),
  rawProbes: z.object({
    queued: z.int().describe('Raw probes that wait'),
    running: z.int().describe('Raw probes under way'),
    oldestAt: timeSchema.optional(),
  }),
  processes: z
    .array(z.object({ role: z.enum(ROLES), count: z.int() }))
    .describe('Running processes of a cluster by role; empty for a single process'),
  mails: z.object({
    waiting: z.int().describe('Mails that were not sent'),
    failing: z.int().describe('Mails of these that the mail server refused before'),
    oldestAt: timeSchema.optional(),
  }),
  agents: z.array(z.object({ kind: z.enum(['source', 'vantagePoint']), state: z.enum(AGENT_STATES), count: z.int() })),
  connectedAgents: z.int(),
  datasets: z.array(
    z.object({
      kind: z.string(),
      importedAt: timeSchema.optional(),
      hasFailed: z.boolean().describe('Whether the last try to replace it failed'),
    }),
  ),
  ripeAtlasCredits: z
    .object({ refresh: z.int(), onDemand: z.int() })
    .describe('Credits that the system spent in the last 24 hours'),
  killSwitches: z.array(z.object({ scope: z.enum(KILL_SWITCH_SCOPES), count: z.int() })),
});
z.globalRegistry.add(statusSchema, { id: 'SystemStatus' });

const text = (time: number | undefined): string | undefined =>
  time === undefined ? undefined : new Date(time).toISOString();

/** What operators look at first, in one answer. */
export function registerStatus(
  app: FastifyInstance,
  { state, readiness, directory, measuring }: Pick<ApiCollaborators, 'state' | 'readiness' | 'directory' | 'measuring'>,
): void {
  app.withTypeProvider<ZodTypeProvider>().get(
    '/api/v2/status',
    {
      config: { access: 'operate' },
      schema: {
        operationId: 'getSystemStatus',
        summary: 'The state of the whole system on one page (operators)',
        tags: ['operations'],
        security,
        response: { 200: statusSchema, ...errorResponses },
      },
    },
    async () => {
      const [{ isReady, parts }, read] = [await readiness.read(), await state.read()];
      const { queue, rawProbes, processes, mails, agents, datasets, ripeAtlasCredits, killSwitches, startedAt } = read;
      return {
        isReady,
        parts: Object.entries(parts).map(([name, outcome]) => ({ name, outcome })),
        startedAt: new Date(startedAt).toISOString(),
        queue: { ...queue, oldestAt: text(queue.oldestAt) },
        rawProbes: { ...rawProbes, oldestAt: text(rawProbes.oldestAt) },
        processes: [...processes],
        mails: { ...mails, oldestAt: text(mails.oldestAt) },
        agents: [...agents],
        connectedAgents: directory.list().filter(({ address }) => measuring.connected.has(address)).length,
        datasets: datasets.map((dataset) => ({ ...dataset, importedAt: text(dataset.importedAt) })),
        ripeAtlasCredits,
        killSwitches: [...killSwitches],
      };
    },
  );
}
