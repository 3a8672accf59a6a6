import type { Hop } from '../path/hop.ts';
import { asInferred } from '../path/trust.ts';
import type { Calibration } from './calibration.ts';
import { type HopKind, hopKindOf, kindsOf } from './hop-kind.ts';

/** Hops that a technique has found. */
interface Found {
  readonly technique: string;
  readonly from: number;
  readonly hops: readonly Hop[];
  readonly replacesRest?: true;
}

/** Hops of suspended kinds behind the end of a path, kept for the case that no other technique finds a better hop. */
export class SuspendedExtensions {
  readonly #calibration: Calibration;
  #best: Found | undefined;

  constructor(calibration: Calibration) {
    this.#calibration = calibration;
  }

  /** The first suspended kind among hops. */
  suspendedKind(hops: readonly Hop[]): HopKind | undefined {
    return kindsOf(hops).find((kind) => this.#calibration.isSuspended(kind));
  }

  /** Keeps hops of a suspended kind, unless those that are kept already are more likely to be right. */
  keep(found: Found): void {
    if (this.#best === undefined || this.#chanceOf(found.hops) > this.#chanceOf(this.#best.hops)) this.#best = found;
  }

  /** The hops that are kept, if they are more likely to be right than `hops`. Default: whatever is kept. */
  betterThan(hops?: readonly Hop[]): Found | undefined {
    if (this.#best === undefined) return undefined;
    if (hops !== undefined && this.#chanceOf(hops) >= this.#chanceOf(this.#best.hops)) return undefined;
    return { ...this.#best, hops: this.#best.hops.map(asInferred) };
  }

  /** Forgets what is kept, because the path was extended. */
  clear(): void {
    this.#best = undefined;
  }

  #chanceOf([first]: readonly Hop[]): number {
    return first === undefined ? 0 : this.#calibration.corrected(hopKindOf(first), first.confidence);
  }
}
