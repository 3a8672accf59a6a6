import type { FailCode } from '@revtr/engine';

/**
 * Why a path does not reach the source:
 * - `border`: the plan does not assume a hop across the border between two networks;
 * - `traceroute`: the forward traceroute, from which a hop would be assumed, met its gap limit or did not arrive for another reason;
 * - `noHop`: no technique found a further hop;
 * - `other`: any other reason.
 */
export type Failure = 'border' | 'traceroute' | 'noHop' | 'other';

const FAILURE_OF: Readonly<Partial<Record<FailCode, Failure>>> = {
  interdomainSymmetry: 'border',
  tracerouteFailed: 'traceroute',
  noSymmetricHop: 'noHop',
  noHops: 'noHop',
};

/** Why a path with this failure code does not reach the source. */
export const failureOf = (code: FailCode | undefined): Failure =>
  (code !== undefined ? FAILURE_OF[code] : undefined) ?? 'other';
