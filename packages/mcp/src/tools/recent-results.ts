import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { MeasurementOutline } from '@revtr/client';
import { z } from 'zod';
import { answering } from '../answer.ts';
import { visible } from '../foreign-text.ts';
import { summarySchema } from '../path.ts';
import { READ_ONLY, type ToolContext } from './tool.ts';

const MOST_RESULTS = 50;
/** Batches in which the tool looks for results. Each costs a request. */
const MOST_BATCHES = 20;

const inputSchema = z.object({
  limit: z.int().min(1).max(MOST_RESULTS).default(10).describe('Most results'),
});
const outputSchema = z.object({ results: z.array(summarySchema).max(MOST_RESULTS) });

/** The tool `recent_results`. */
export function addRecentResults(server: McpServer, { client }: ToolContext): void {
  server.registerTool(
    'recent_results',
    {
      title: 'List recent results',
      description: `Lists the latest measurements of the account, the newest batch first, at most ${MOST_RESULTS} of the last ${MOST_BATCHES} batches. Use explain to see the hops of one.`,
      inputSchema,
      outputSchema,
      annotations: READ_ONLY,
    },
    ({ limit }, { signal }) =>
      answering(async () => {
        const calls = client.withSignal(signal);
        const results: z.infer<typeof summarySchema>[] = [];
        for (const { id } of await calls.batches({ limit: MOST_BATCHES })) {
          if (results.length >= limit) break;
          const { measurements } = await calls.outlines(id, { limit: limit - results.length });
          results.push(...measurements.map(summaryOf));
        }
        return { results };
      }),
  );
}

function summaryOf(outline: MeasurementOutline): z.infer<typeof summarySchema> {
  const { id, source, destination, label, state, startedAt, stopReason, failCode, confidence, networks } = outline;
  return {
    ...{ measurement: id, source, destination, state },
    ...(startedAt !== undefined && { measuredAt: new Date(startedAt).toISOString() }),
    ...(stopReason !== undefined && { stopReason }),
    ...(confidence !== undefined && { confidence }),
    ...(networks !== undefined && { networks }),
    ...(failCode !== undefined && { failure: failCode }),
    ...(label !== '' && { untrusted: { label: visible(label) } }),
  };
}
