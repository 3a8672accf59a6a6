import { z } from 'zod';

const rise = (byDefault: number) => z.number().gt(0).max(1).default(byDefault);

/** When probing of a network is suspended, and for how long. Shares are between 0 and 1. */
export const circuitSettingsSchema = z.strictObject({
  /** Over how long answers are compared with what is usual. */
  windowSeconds: z.number().min(1).max(3_600).default(60),
  /** Probes within that time without which nothing is decided. */
  leastProbes: z.int().min(5).max(1_000_000_000).default(20),
  /** Opens when the share of answers "administratively prohibited" is so much higher than usual. */
  prohibitedRise: rise(0.25),
  /** The same for all ICMP errors "destination unreachable". */
  unreachableRise: rise(0.5),
  /** The same for probes without an answer. */
  silenceRise: rise(0.5),
  /** How long a network is not probed at first; twice as long after each failed trial. */
  openSeconds: z.number().min(1).max(86_400).default(60),
  longestOpenSeconds: z.number().min(1).max(86_400).default(3_600),
  /** Probes that are let through as a trial. */
  trialProbes: z.int().min(3).max(1_000).default(10),
});
export type CircuitSettings = z.infer<typeof circuitSettingsSchema>;
