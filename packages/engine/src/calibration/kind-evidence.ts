import { type Proportion, proportionOf } from './proportion.ts';

/** What an audit says about a claim: its probability, and whether it was right. */
export interface ClaimOutcome {
  /** The probability before correction, 0 to 1. */
  readonly claimed: number;
  readonly isRight: boolean;
}

/** Outcomes counted with forgetting: each new outcome counts 1, and all earlier ones a little less. */
export interface OutcomeWindow {
  /** Outcomes, those that were right, and the sum of what was claimed of them. */
  readonly weight: number;
  readonly right: number;
  readonly claimed: number;
}

/** What audits say about one kind of hop: in the short run, which shows changes, and in the long run, which is precise. */
export interface KindEvidence {
  readonly recent: OutcomeWindow;
  readonly longTerm: OutcomeWindow;
}

/** A change of the share of right hops that the recent outcomes show. */
export type EvidenceChange = 'degraded' | 'improved';

const EMPTY: OutcomeWindow = { weight: 0, right: 0, claimed: 0 };
/** Evidence before the first audit. */
export const NO_EVIDENCE: KindEvidence = { recent: EMPTY, longTerm: EMPTY };

/** Outcomes that the window of recent ones remembers: an outcome that is so many outcomes old counts 37 %. */
const RECENT_MEMORY = 60;
/** The same for the long run, unless the caller says otherwise. */
export const LONG_MEMORY = 2_000;
/** The shipped prior counts as much as so many outcomes. */
const PRIOR_STRENGTH = 20;
/** A change, a suspension and a release need so many recent outcomes. */
const LEAST_WEIGHT = 20;
/** Outcomes of one path depend on each other, and many kinds are watched: changes need more than the usual two standard errors. */
const CHANGE_ERRORS = 3;
/** Smallest change that counts: smaller ones are followed by the long run. */
const LEAST_CHANGE = 0.01;
/** After a change, the recent outcomes become the long run with this share of their weight, because some of them are older. */
const KEPT_AFTER_CHANGE = 0.5;
/** A kind is suspended when it is this far below what the program claims. */
const FLOOR_BELOW_CLAIM = 0.15;
const RELEASE_ERRORS = 2;
/** No evidence makes a kind of hop more certain than this. */
const MOST_CERTAIN = 0.9995;

/** The shipped prior as outcomes, in a window that has none. */
const withPrior = (window: OutcomeWindow, claimed: number): OutcomeWindow =>
  window.weight > 0
    ? window
    : { weight: PRIOR_STRENGTH, right: PRIOR_STRENGTH * claimed, claimed: PRIOR_STRENGTH * claimed };

function withClaim(window: OutcomeWindow, { claimed, isRight }: ClaimOutcome, memory: number): OutcomeWindow {
  const kept = 1 - 1 / memory;
  return {
    weight: window.weight * kept + 1,
    right: window.right * kept + (isRight ? 1 : 0),
    claimed: window.claimed * kept + claimed,
  };
}

const scaled = ({ weight, right, claimed }: OutcomeWindow, factor: number): OutcomeWindow => ({
  weight: weight * factor,
  right: right * factor,
  claimed: claimed * factor,
});

const scoreOf = ({ right, weight }: OutcomeWindow, independence: number, errors: number): Proportion =>
  proportionOf(right * independence, weight * independence, errors);

/**
 * Adds an outcome. When the recent outcomes leave no doubt that the share of right hops has changed, the long run is forgotten and starts
 * over from them; `change` then says in which direction.
 *
 * @param traits `independence`: how much one outcome says, 0 to 1, less than 1 where outcomes depend on each other; default 1. `memory`: outcomes that the
 * long run remembers; default 2,000
 */
export function withOutcome(
  { recent, longTerm }: KindEvidence,
  outcome: ClaimOutcome,
  { independence = 1, memory = LONG_MEMORY }: { readonly independence?: number; readonly memory?: number } = {},
): { readonly evidence: KindEvidence; readonly change?: EvidenceChange } {
  const next = {
    recent: withClaim(recent, outcome, RECENT_MEMORY),
    longTerm: withClaim(withPrior(longTerm, outcome.claimed), outcome, memory),
  };
  const usual = next.longTerm.right / next.longTerm.weight;
  const { share, low, high } = scoreOf(next.recent, independence, CHANGE_ERRORS);
  const isClear = high < usual || low > usual;
  if (next.recent.weight < LEAST_WEIGHT || !isClear || Math.abs(share - usual) < LEAST_CHANGE)
    return { evidence: next };
  const evidence = { recent: next.recent, longTerm: scaled(next.recent, KEPT_AFTER_CHANGE) };
  return { evidence, change: share < usual ? 'degraded' : 'improved' };
}

/** The share of recent hops of a kind that were right, with its 95 % interval. */
export const recentShare = ({ recent }: KindEvidence): Proportion => proportionOf(recent.right, recent.weight);

/** The mean of what the program claims of the recent hops of a kind, 0 to 1; 1 without evidence. */
export const recentClaim = ({ recent }: KindEvidence): number =>
  recent.weight === 0 ? 1 : recent.claimed / recent.weight;

/**
 * A probability after evidence: the mean of a beta distribution whose prior has the mean of the claims and the strength of 20
 * outcomes. The prior is forgotten with the outcomes. What makes one hop of a kind more or less certain than another, such as age, keeps its effect: where
 * hops are right less often than claimed, every claim is scaled, and where they are right more often, every doubt is. Both maps give a kind its observed mean,
 * and neither leaves the range from 0 to 1.
 *
 * @param claimed the probability before correction, 0 to 1
 */
export function correctedClaim({ longTerm }: KindEvidence, claimed: number): number {
  const { right, claimed: sum, weight } = longTerm;
  if (sum === 0 || right === sum) return claimed;
  const corrected = right < sum ? (claimed * right) / sum : 1 - ((1 - claimed) * (weight - right)) / (weight - sum);
  return Math.min(Math.max(claimed, MOST_CERTAIN), corrected);
}

/** The share of right hops below which a kind is suspended, 0 to 1: 15 points below what the program claims. */
export const floorOf = (evidence: KindEvidence): number => Math.max(0, recentClaim(evidence) - FLOOR_BELOW_CLAIM);

/** Whether recent hops of a kind are clearly below the floor. */
export function isBelowFloor(evidence: KindEvidence, independence = 1): boolean {
  const { recent } = evidence;
  return recent.weight >= LEAST_WEIGHT && scoreOf(recent, independence, CHANGE_ERRORS).high < floorOf(evidence);
}

/** Whether recent hops of a suspended kind are clearly above the floor again. */
export function isAboveFloor(evidence: KindEvidence, independence = 1): boolean {
  const { recent } = evidence;
  return recent.weight >= LEAST_WEIGHT && scoreOf(recent, independence, RELEASE_ERRORS).low > floorOf(evidence);
}

/** Evidence after an operator has lifted a suspension: the recent outcomes are forgotten, so that new ones decide. */
export const afterLifting = ({ longTerm }: KindEvidence): KindEvidence => ({ recent: EMPTY, longTerm });
