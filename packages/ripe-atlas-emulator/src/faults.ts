import type { Random } from '@revtr/probing';
import { ApiError } from './api-error.ts';

/** Probabilities of faults, from 0 to 1. */
export interface EmulatorFaults {
  /** Requests answered with status 429 and, below, with status 503. */
  readonly tooManyRequests: number;
  readonly serverErrors: number;
  /** Responses whose body is cut in half. */
  readonly truncated: number;
  /** Creations that succeed although the response is an error. */
  readonly lostCreations: number;
  /** Results at which the connection of a subscriber breaks. */
  readonly streamBreaks: number;
  /** Probes that never send a result. */
  readonly silentProbes: number;
  /** Results in the format of an old firmware. */
  readonly oldFirmware: number;
  /** Results with an error instead of hops. */
  readonly failedResults: number;
  /** Hops with late and duplicate packets. */
  readonly latePackets: number;
}

/** No faults. */
export const NO_FAULTS: EmulatorFaults = {
  tooManyRequests: 0,
  serverErrors: 0,
  truncated: 0,
  lostCreations: 0,
  streamBreaks: 0,
  silentProbes: 0,
  oldFirmware: 0,
  failedResults: 0,
  latePackets: 0,
};

/** All faults that the API documentation allows, with high probabilities. */
export const MANY_FAULTS: EmulatorFaults = {
  tooManyRequests: 0.1,
  serverErrors: 0.1,
  truncated: 0.1,
  lostCreations: 0.3,
  streamBreaks: 0.02,
  silentProbes: 0.05,
  oldFirmware: 0.05,
  failedResults: 0.03,
  latePackets: 0.05,
};

/** Rejects a request at random. @throws {ApiError} 429 or 503 */
export function maybeFail(faults: EmulatorFaults, random: Random): void {
  if (random.chance(faults.tooManyRequests))
    throw new ApiError(429, 'Too Many Requests', 'Request was throttled.', [], 1);
  if (random.chance(faults.serverErrors)) throw new ApiError(503, 'Service Unavailable', 'Try again later.');
}
