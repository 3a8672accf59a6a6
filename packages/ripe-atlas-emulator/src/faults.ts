import type { Random } from '@revtr/probing';
import { ApiError } from './api-error.ts';

/** How often what goes wrong. Shares from 0 to 1 of requests, results or packets. */
export interface EmulatorFaults {
  /** Requests answered with 429, and with 503. */
  readonly tooManyRequests: number;
  readonly serverErrors: number;
  /** Answers cut in the middle. */
  readonly truncated: number;
  /** Creations that are carried out though their answer is an error. */
  readonly lostCreations: number;
  /** Results after which the stream breaks. */
  readonly streamBreaks: number;
  /** Probes that never report. */
  readonly silentProbes: number;
  /** Results of an old firmware, with an error instead of a traceroute, with late packets and duplicates. */
  readonly oldFirmware: number;
  readonly failedResults: number;
  readonly latePackets: number;
}

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

/** A bad day: everything that the contract allows to go wrong does. */
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

/** Lets a request fail by chance. @throws {ApiError} */
export function maybeFail(faults: EmulatorFaults, random: Random): void {
  if (random.chance(faults.tooManyRequests))
    throw new ApiError(429, 'Too Many Requests', 'Request was throttled.', [], 1);
  if (random.chance(faults.serverErrors)) throw new ApiError(503, 'Service Unavailable', 'Try again later.');
}
