import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { type BatchEvent, isClientError, type ReverseTracerouteClient } from '@revtr/client';
import { z } from 'zod';
import { answering } from '../answer.ts';
import { hopOf, hopSchema, MOST_HOPS, summaryOf, summarySchema } from '../path.ts';
import type { ToolContext } from './tool.ts';

const inputSchema = z.object({
  source: z.string().max(64).describe('IPv4 address of a source, from the tool sources'),
  destination: z.string().max(255).describe('IPv4 address or host name from which the path leads back'),
  forward: z.boolean().default(false).describe('Measure the forward path too, for the tool compare'),
  fresh: z.boolean().default(false).describe('Do not reuse results of earlier measurements'),
});
const outputSchema = summarySchema.extend({
  hops: z.array(hopSchema).max(MOST_HOPS).describe('From the destination to the source'),
  omittedHops: z.int().describe('Hops that are left out to keep the answer short'),
  limits: z
    .array(z.object({ limit: z.string(), allowed: z.int(), left: z.int() }))
    .describe('What is left of the limits of the account, in measurements'),
});

/** Tells the caller how far a measurement is. */
type Report = (done: number, message: string) => Promise<void>;

/** The tool `measure`. `quota` says in a sentence what the account permits. */
export function addMeasure(server: McpServer, { client }: ToolContext, quota: string): void {
  server.registerTool(
    'measure',
    {
      title: 'Measure a reverse path',
      description: `Measures the path from a destination back to a source. This sends probes on the Internet and can take several minutes. It counts as one measurement. ${quota} Look at recent_results first; measure again only for a reason.`,
      inputSchema,
      outputSchema,
      annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true },
    },
    (pair, { signal, sendNotification, _meta }) =>
      answering(() => {
        const progressToken = _meta?.progressToken;
        const report: Report = async (progress, message) => {
          if (progressToken === undefined) return;
          await sendNotification({ method: 'notifications/progress', params: { progressToken, progress, message } });
        };
        return measure(pair, client, report, signal);
      }),
  );
}

async function measure(
  { source, destination, forward, fresh }: z.infer<typeof inputSchema>,
  client: ReverseTracerouteClient,
  report: Report,
  signal: AbortSignal,
): Promise<z.infer<typeof outputSchema>> {
  const { batchId } = await client.submit([
    {
      src: source,
      dst: destination,
      isRunRttPings: true,
      isRunForwardTraceroute: forward,
      ...(fresh && { useCache: false }),
    },
  ]);
  let reports = 0;
  const onEvent = (event: BatchEvent): void => {
    const message = progressOf(event);
    // A caller that has gone away does not end the measurement.
    if (message !== undefined) void report(++reports, message).catch(() => undefined);
  };
  try {
    const { measurements } = await client.wait(batchId, { paths: true, signal, onEvent });
    const [measurement] = measurements;
    const { hops = [] } = measurement.result ?? {};
    const limits = await client.accounts.usage().catch(() => []);
    return {
      ...summaryOf(measurement),
      hops: hops.slice(0, MOST_HOPS).map(hopOf),
      omittedHops: Math.max(0, hops.length - MOST_HOPS),
      limits: limits.map(({ limit, allowed, used }) => ({ limit, allowed, left: Math.max(0, allowed - used) })),
    };
  } catch (error) {
    if (isClientError(error, 'cancelled')) await client.cancel(batchId);
    throw error;
  }
}

function progressOf(event: BatchEvent): string | undefined {
  if (event.type === 'trying') return `trying ${event.technique} at ${event.hop}`;
  const last = event.type === 'path' ? event.hops.at(-1) : undefined;
  return event.type === 'path' && last !== undefined ? `${event.hops.length} hops, to ${last.address}` : undefined;
}
