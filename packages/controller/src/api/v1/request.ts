import { z } from 'zod';
import { LONGEST_ADDRESS } from '../../foundation/address-schema.ts';
import { longList } from '../../foundation/long-list.ts';
import type { RequestedPair } from '../../measurements/check-pairs.ts';
import { LONGEST_NAME } from '../../measurements/resolve-names.ts';
import { refuseLargeBatch } from '../../measurements/submission.ts';

const MINUTE_MS = 60_000;

/** Numbers may come as text, as Protocol Buffers' JSON mapping allows. */
const count = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,9}$/)
    .transform(Number),
]);

/** The engine asks at most this many spoofers for one hop. */
const MOST_SPOOFERS = 250;
const spoofers = count.refine((asked) => asked <= MOST_SPOOFERS, `must be at most ${MOST_SPOOFERS}`);

const atlasOptionsSchema = z.strictObject({
  useAtlas: z.boolean().optional(),
  useRrPings: z.boolean().optional(),
  ignoreSource: z.boolean().optional(),
  ignoreSourceAs: z.boolean().optional(),
  platforms: longList(z.string().max(200)).optional(),
  staleness: count.optional().describe('Oldest traceroute to use, minutes'),
  stalenessBeforeRefresh: count.optional(),
});

const pairSchema = z.strictObject({
  src: z.string().max(LONGEST_ADDRESS).describe('Address of a registered source'),
  dst: z.string().max(LONGEST_NAME).describe('Address or host name whose path to the source is wanted'),
  label: z.string().max(500).optional(),
  staleness: count.optional().describe('Oldest earlier measurement to reuse, minutes'),
  id: count.optional(),
  uuid: z.string().max(200).optional(),
  backoffEndhost: z.boolean().optional(),
  rrVpSelectionAlgorithm: z.string().max(200).optional(),
  maxSpoofers: spoofers.optional(),
  atlasOptions: atlasOptionsSchema.optional(),
  symmetryOptions: z.strictObject({ isAllowInterdomainSymmetry: z.boolean().optional() }).optional(),
  heuristicsOptions: z.strictObject({ useDoubleStamp: z.boolean().optional() }).optional(),
  checkDestBasedRoutingOptions: z.strictObject({ checkTunnel: z.boolean().optional() }).optional(),
  isRunForwardTraceroute: z.boolean().optional(),
  isRunTracerouteOnDemand: z
    .boolean()
    .optional()
    .describe(
      'Where the path is stuck, wait for a traceroute of a RIPE Atlas probe near the hop, up to two minutes each',
    ),
  isRunRttPings: z.boolean().optional(),
  isTryFromDestinationAs: z.boolean().optional(),
  useTimestamp: z.boolean().optional(),
  useCache: z.boolean().optional(),
});

/** The body of `POST /api/v1/revtr` in camel case; {@link camelCased} turns the other spelling into it. */
export const runRevtrSchema = z.strictObject({
  revtrs: longList(pairSchema),
  checkDB: z.boolean().optional(),
  checkDb: z.boolean().optional(),
});
z.globalRegistry.add(runRevtrSchema, { id: 'RunRevtrRequest' });

/** Room for 20,000 pairs with every option set. */
export const MOST_BATCH = { bytes: 16 * 2 ** 20, values: 20_000 * 40 } as const;

/** Looks at the length of the list in a body of which nothing is known, before each pair costs time. @throws {ControllerError} `batchTooLarge` */
export function refuseLongBody(body: unknown, most: number): void {
  const pairs: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, 'revtrs') : undefined;
  if (Array.isArray(pairs)) refuseLargeBatch(pairs.length, most);
}

/** The same value with every property name in camel case: `max_spoofers` is `maxSpoofers`. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      camelCased(inner),
    ]),
  );
}

/** What a user asks for, in our own terms. Without `atlasOptions` the original switches a whole set of defaults on. */
export function toRequestedPairs({ revtrs }: z.infer<typeof runRevtrSchema>): RequestedPair[] {
  return revtrs.map((pair): RequestedPair => {
    const { atlasOptions: atlas, symmetryOptions, heuristicsOptions } = pair;
    const useCache = pair.useCache ?? atlas === undefined;
    return {
      source: pair.src,
      destination: pair.dst,
      label: pair.label ?? '',
      options: {
        ...(atlas?.useAtlas !== undefined && { useAtlas: atlas.useAtlas }),
        ...(atlas?.useRrPings !== undefined && { useRecordRouteAtlas: atlas.useRrPings }),
        ...(atlas?.staleness !== undefined && { atlasMaxAgeMs: atlas.staleness * MINUTE_MS }),
        ...(atlas?.platforms !== undefined && { atlasPlatforms: toPlatforms(atlas.platforms) }),
        ...(atlas?.ignoreSource !== undefined && { ignoreOwnTraceroutes: atlas.ignoreSource }),
        ...(atlas?.ignoreSourceAs !== undefined && { ignoreOwnNetwork: atlas.ignoreSourceAs }),
        ...(pair.maxSpoofers !== undefined && { maxSpoofers: pair.maxSpoofers }),
        ...(symmetryOptions?.isAllowInterdomainSymmetry !== undefined && {
          allowInterdomainSymmetry: symmetryOptions.isAllowInterdomainSymmetry,
        }),
        ...(heuristicsOptions?.useDoubleStamp !== undefined && { useHeuristics: heuristicsOptions.useDoubleStamp }),
        ...(pair.useTimestamp !== undefined && { useTimestamp: pair.useTimestamp }),
        ...(!useCache && { reuseMaxAgeMs: 0 }),
        ...(useCache && pair.staleness !== undefined && { reuseMaxAgeMs: pair.staleness * MINUTE_MS }),
        measureRtts: pair.isRunRttPings ?? atlas === undefined,
        forwardTraceroute: pair.isRunForwardTraceroute ?? false,
        ...(pair.isRunTracerouteOnDemand === true && { tracerouteOnDemand: true }),
        ...(pair.uuid !== undefined && pair.uuid !== '' && { uuid: pair.uuid }),
      },
    };
  });
}

/** The platforms that the original names: M-Lab, here the system's own vantage points, and RIPE Atlas. */
function toPlatforms(names: readonly string[]): ('vantagePoint' | 'ripeAtlas')[] {
  const known = names.flatMap((name) => {
    if (name.startsWith('mlab')) return ['vantagePoint' as const];
    return name.startsWith('ripe') ? ['ripeAtlas' as const] : [];
  });
  return [...new Set(known)];
}
