import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Hop, Measurement } from '@revtr/client';
import { z } from 'zod';
import { answering } from '../answer.ts';
import { visible } from '../foreign-text.ts';
import { hopOf, hopSchema, MOST_HOPS, measurementIdSchema, summaryOf, summarySchema } from '../path.ts';
import { READ_ONLY, type ToolContext } from './tool.ts';

const MOST_FACTS = 12;
const MOST_ATTEMPTS = 20;

const explainedHopSchema = hopSchema.extend({
  reason: z.string().describe('Why the hop is believed'),
  evidence: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
    .describe('The observation behind the reason: probes, traceroutes and addresses'),
  alternatives: z.array(z.string()).optional().describe('Other routers seen in this place'),
  hiddenNetwork: z
    .object({ asn: z.int(), confidence: z.number() })
    .optional()
    .describe('A network between this hop and the next one that shows no router, inferred from AS relations'),
});
const outputSchema = summarySchema.extend({
  hops: z.array(explainedHopSchema).max(MOST_HOPS).describe('From the destination to the source'),
  omittedHops: z.int().describe('Hops that are left out to keep the answer short'),
  attempts: z
    .array(z.object({ technique: z.string(), hop: z.string(), outcome: z.string(), detail: z.string() }))
    .max(MOST_ATTEMPTS)
    .describe('The last techniques that were tried, and what came of them'),
});

/** The tool `explain`. */
export function addExplain(server: McpServer, { client }: ToolContext): void {
  server.registerTool(
    'explain',
    {
      title: 'Explain a path',
      description: `Shows the hops of a measurement, from the destination to the source, and why each is believed: the technique, its evidence, trust and confidence. Sends no probes. At most ${MOST_HOPS} hops.`,
      inputSchema: z.object({ measurement: measurementIdSchema }),
      outputSchema,
      annotations: READ_ONLY,
    },
    ({ measurement }, { signal }) =>
      answering(async () => explanationOf(await client.withSignal(signal).measurement(measurement))),
  );
}

function explanationOf(measurement: Measurement): z.infer<typeof outputSchema> {
  const { hops = [], attempts = [] } = measurement.result ?? {};
  return {
    ...summaryOf(measurement),
    hops: hops.slice(0, MOST_HOPS).map(explainedHopOf),
    omittedHops: Math.max(0, hops.length - MOST_HOPS),
    attempts: attempts.slice(-MOST_ATTEMPTS).map(({ technique, hop, outcome, detail = '' }) => ({
      ...{ technique, hop, outcome },
      detail: visible(detail, 200),
    })),
  };
}

function explainedHopOf(hop: Hop): z.infer<typeof explainedHopSchema> {
  const { reason, evidence, alternatives, hiddenNetwork } = hop;
  const facts = Object.entries(evidence)
    .slice(0, MOST_FACTS)
    .map(([name, value]) => [visible(name, 40), typeof value === 'string' ? visible(value) : value]);
  return {
    ...hopOf(hop),
    reason: visible(reason, 400),
    evidence: Object.fromEntries(facts),
    ...(alternatives !== undefined && { alternatives: alternatives.slice(0, MOST_FACTS) }),
    ...(hiddenNetwork !== undefined && { hiddenNetwork }),
  };
}
