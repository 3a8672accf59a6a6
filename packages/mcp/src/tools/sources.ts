import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { z } from 'zod';
import { answering } from '../answer.ts';
import { FOREIGN, visible } from '../foreign-text.ts';
import { READ_ONLY, type ToolContext } from './tool.ts';

const MOST_SOURCES = 200;

const outputSchema = z.object({
  total: z.int().describe('Sources that you may measure to'),
  sources: z
    .array(
      z.object({
        address: z.string(),
        untrusted: z.object({ hostname: z.string(), site: z.string() }).partial().describe(FOREIGN),
      }),
    )
    .max(MOST_SOURCES),
});

/** The tool `sources`. */
export function addSources(server: McpServer, { client }: ToolContext): void {
  server.registerTool(
    'sources',
    {
      title: 'List sources',
      description: `Lists the sources: the hosts to which reverse paths can be measured, at most ${MOST_SOURCES}.`,
      outputSchema,
      annotations: READ_ONLY,
    },
    ({ signal }) =>
      answering(async () => {
        const all = (await client.withSignal(signal).sources()).filter(({ ip }) => ip !== undefined);
        const sources = all.slice(0, MOST_SOURCES).map(({ ip = '', hostname, site }) => ({
          address: ip,
          untrusted: {
            ...(hostname !== undefined && { hostname: visible(hostname) }),
            ...(site !== undefined && { site: visible(site) }),
          },
        }));
        return { total: all.length, sources };
      }),
  );
}
