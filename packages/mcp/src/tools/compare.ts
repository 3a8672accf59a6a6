import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { Measurement, ReverseTracerouteClient } from '@revtr/client';
import { z } from 'zod';
import { answering } from '../answer.ts';
import { MOST_HOPS, measurementIdSchema, networksOf } from '../path.ts';
import { READ_ONLY, type ToolContext } from './tool.ts';

const pathSchema = z.object({
  what: z.string(),
  hops: z.array(z.string()).max(MOST_HOPS).describe('Addresses, from the destination to the source'),
  networks: z.array(z.int()).describe('AS numbers in the same order'),
});
const outputSchema = z.object({
  first: pathSchema,
  second: pathSchema,
  sharedHops: z.array(z.string()).describe('Addresses of routers that are on both paths'),
  onlyFirst: z.array(z.string()),
  onlySecond: z.array(z.string()),
  sameNetworks: z.boolean().describe('Whether both paths pass the same networks in the same order'),
  networksOnlyFirst: z.array(z.int()),
  networksOnlySecond: z.array(z.int()),
});

interface ComparedPath extends z.infer<typeof pathSchema> {
  /** The name of each hop under which hops of the two paths are compared. */
  readonly routers: readonly string[];
}

/** The tool `compare`. */
export function addCompare(server: McpServer, { client }: ToolContext): void {
  server.registerTool(
    'compare',
    {
      title: 'Compare two paths',
      description:
        'Compares the reverse paths of two measurements, or, if `second` is absent, the reverse path and the forward path of one measurement that was made with `forward`. All paths are shown from the destination to the source. Sends no probes.',
      inputSchema: z.object({
        first: measurementIdSchema,
        second: measurementIdSchema
          .optional()
          .describe('Number of the other measurement; absent: compare reverse and forward path'),
      }),
      outputSchema,
      annotations: READ_ONLY,
    },
    ({ first, second }, { signal }) =>
      answering(async () => comparisonOf(await pathsOf(first, second, client.withSignal(signal)))),
  );
}

async function pathsOf(
  first: number,
  second: number | undefined,
  client: ReverseTracerouteClient,
): Promise<readonly [ComparedPath, ComparedPath]> {
  const measurement = await client.measurement(first);
  const other = second === undefined ? forwardPath(measurement) : reversePath(await client.measurement(second));
  return [reversePath(measurement), other];
}

function reversePath({ id, result }: Measurement): ComparedPath {
  const hops = (result?.hops ?? []).slice(0, MOST_HOPS);
  const addresses = hops.map(({ address }) => address);
  return { what: `reverse path of measurement ${id}`, hops: addresses, routers: addresses, networks: networksOf(hops) };
}

/** The forward path in the order of the reverse path. Its hops have the addresses of the same routers on the reverse path, if known. */
function forwardPath({ id, result }: Measurement): ComparedPath {
  const seen = (result?.forward?.hops ?? [])
    .filter(({ address }) => address !== undefined)
    .slice(-MOST_HOPS)
    .reverse();
  return {
    what: result?.forward === undefined ? `measurement ${id} has no forward path` : `forward path of measurement ${id}`,
    hops: seen.map(({ address = '' }) => address),
    routers: seen.map(({ address = '', sameRouterAs = address }) => sameRouterAs),
    networks: networksOf(seen),
  };
}

function comparisonOf([first, second]: readonly [ComparedPath, ComparedPath]): z.infer<typeof outputSchema> {
  const [ofFirst, ofSecond] = [new Set(first.routers), new Set(second.routers)];
  const { routers: _, ...shownFirst } = first;
  const { routers: __, ...shownSecond } = second;
  return {
    first: shownFirst,
    second: shownSecond,
    sharedHops: first.routers.filter((router) => ofSecond.has(router)),
    onlyFirst: first.routers.filter((router) => !ofSecond.has(router)),
    onlySecond: second.routers.filter((router) => !ofFirst.has(router)),
    sameNetworks: String(first.networks) === String(second.networks),
    networksOnlyFirst: first.networks.filter((asn) => !second.networks.includes(asn)),
    networksOnlySecond: second.networks.filter((asn) => !first.networks.includes(asn)),
  };
}
