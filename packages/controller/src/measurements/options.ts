import { z } from 'zod';

/** The options of one measurement that a user may set, as the database stores them. */
export const measurementOptionsSchema = z.object({
  useAtlas: z.boolean().optional(),
  useRecordRouteAtlas: z.boolean().optional(),
  atlasMaxAgeMs: z.number().nonnegative().optional(),
  atlasPlatforms: z.array(z.enum(['vantagePoint', 'ripeAtlas', 'publicTraceroute', 'reverseTraceroute'])).optional(),
  ignoreOwnTraceroutes: z.boolean().optional(),
  ignoreOwnNetwork: z.boolean().optional(),
  useTimestamp: z.boolean().optional(),
  maxSpoofers: z.int().min(0).max(250).optional(),
  allowInterdomainSymmetry: z.boolean().optional(),
  useHeuristics: z.boolean().optional(),
  reuseMaxAgeMs: z.number().nonnegative().optional(),
  measureRtts: z.boolean().optional(),
  forwardTraceroute: z.boolean().optional(),
  /** Whether the measurement waits for traceroutes of RIPE Atlas probes where it is stuck. */
  tracerouteOnDemand: z.boolean().optional(),
  /** Identifier that the client has given the measurement; only answers of the original's version 2 show it. */
  uuid: z.string().max(200).optional(),
});

export type StoredOptions = z.infer<typeof measurementOptionsSchema>;
