import type { JudgedMeasuredHop } from './judge.ts';

/** How many hops are right, and what the engine believed of them. */
export interface Tally {
  readonly hops: number;
  /** Hops that the traceroute from the destination does not pass; those that another flow may pass included. */
  readonly offTraceroute: number;
  /** Hops on no path that any flow takes. */
  readonly wrong: number;
  /** Mean confidence, 0 to 1. `undefined` without hops. */
  readonly meanConfidence: number | undefined;
  /** Share of the hops that a packet of some flow passes, 0 to 1. `undefined` without hops. */
  readonly shareRight: number | undefined;
}

/** Counts judged hops. */
export function tally(judged: readonly JudgedMeasuredHop[]): Tally {
  const hops = judged.length;
  const wrong = judged.filter(({ verdict }) => verdict === 'wrong').length;
  const isEmpty = hops === 0;
  return {
    hops,
    offTraceroute: judged.filter(({ verdict }) => verdict !== 'right').length,
    wrong,
    meanConfidence: isEmpty ? undefined : judged.reduce((sum, { hop }) => sum + hop.confidence, 0) / hops,
    shareRight: isEmpty ? undefined : 1 - wrong / hops,
  };
}
