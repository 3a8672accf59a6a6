import type { Hop } from '../path/hop.ts';
import type { PathCorrection } from '../path/reverse-path.ts';
import { type HopKind, hopKindOf, onPathKindOf, rejoinKindOf } from './hop-kind.ts';
import { correctedClaim, type KindEvidence } from './kind-evidence.ts';

/** How much the hops of each kind are believed in this deployment. */
export interface Calibration {
  /**
   * The probability that a hop is right when the hop before it is.
   * @param claimed the probability that the program ships for such a hop, 0 to 1
   */
  corrected(kind: HopKind, claimed: number): number;
  /** Whether hops of a kind are used only where no other technique finds a hop, and never as measured. */
  isSuspended(kind: HopKind): boolean;
}

/** What the program ships, without evidence. */
export const SHIPPED_CALIBRATION: Calibration = { corrected: (_kind, claimed) => claimed, isSuspended: () => false };

/** A hop of a finished path, whose confidence the path and its checks have computed, with the confidence that evidence makes of it. */
export function correctedOnPath(hop: Hop, calibration: Calibration): Hop {
  const { confidence: onPath, uncorrected } = hop;
  if (uncorrected === undefined) return hop;
  const confidence = calibration.corrected(onPathKindOf(onPath), onPath);
  return { ...hop, confidence, uncorrected: { ...uncorrected, onPath } };
}

/** The same probabilities, with no kind suspended. */
export const withoutSuspensions = (calibration: Calibration): Calibration => ({
  corrected: (kind, claimed) => calibration.corrected(kind, claimed),
  isSuspended: () => false,
});

/** What a calibration makes of the probabilities of a path. */
export const correctionBy = (calibration: Calibration): PathCorrection => ({
  step: (hop, claimed) => calibration.corrected(hopKindOf(hop), claimed),
  rejoin: (hop, claimed) => calibration.corrected(rejoinKindOf(hop), claimed),
});

/** What a deployment knows about one kind. */
export interface KindState {
  readonly evidence: KindEvidence;
  readonly isSuspended: boolean;
}

/** The shipped confidences, corrected by what self-audits of this deployment have shown. */
export class DeploymentCalibration implements Calibration {
  #states: ReadonlyMap<HopKind, KindState> = new Map();

  /** Replaces everything that is known. */
  replace(states: ReadonlyMap<HopKind, KindState>): void {
    this.#states = states;
  }

  /** Whether any kind is suspended. */
  get hasSuspensions(): boolean {
    return [...this.#states.values()].some(({ isSuspended }) => isSuspended);
  }

  corrected(kind: HopKind, claimed: number): number {
    const state = this.#states.get(kind);
    return state === undefined ? claimed : correctedClaim(state.evidence, claimed);
  }

  isSuspended(kind: HopKind): boolean {
    return this.#states.get(kind)?.isSuspended === true;
  }
}
