import type { Outcome } from './outcome.ts';

/** Why probing of a network is suspended: which share has risen. */
export type CircuitReason = 'prohibited' | 'unreachable' | 'silence';

/** Probes and their outcomes, counted; those with and without IP options are kept apart for silences. */
export class Tally {
  probes = 0;
  prohibited = 0;
  /** Includes `prohibited`. */
  unreachable = 0;
  optionProbes = 0;
  silentOptionProbes = 0;
  silentPlainProbes = 0;

  get plainProbes(): number {
    return this.probes - this.optionProbes;
  }

  count(outcome: Outcome, isOption: boolean): void {
    this.probes++;
    if (outcome === 'prohibited') this.prohibited++;
    if (outcome === 'prohibited' || outcome === 'unreachable') this.unreachable++;
    if (isOption) this.optionProbes++;
    if (outcome === 'silent' && isOption) this.silentOptionProbes++;
    if (outcome === 'silent' && !isOption) this.silentPlainProbes++;
  }

  /** Adds another tally, after what was counted before is scaled by `keep`. */
  blend(other: Tally, keep: number): void {
    this.probes = this.probes * keep + other.probes;
    this.prohibited = this.prohibited * keep + other.prohibited;
    this.unreachable = this.unreachable * keep + other.unreachable;
    this.optionProbes = this.optionProbes * keep + other.optionProbes;
    this.silentOptionProbes = this.silentOptionProbes * keep + other.silentOptionProbes;
    this.silentPlainProbes = this.silentPlainProbes * keep + other.silentPlainProbes;
  }
}

/** A part of a whole: 0 of nothing. */
export const shareOf = (part: number, whole: number): number => (whole <= 0 ? 0 : part / whole);
