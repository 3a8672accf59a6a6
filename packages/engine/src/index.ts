export * from './atlas/atlas.ts';
export * from './atlas/collect.ts';
export type { Intersection, IntersectionQuery, PlacedStamp } from './atlas/intersection.ts';
export { observeRouters } from './atlas/observe-routers.ts';
export { type Contradiction, type Placement, placeStamps, type TailStamps } from './atlas/placing.ts';
export * from './atlas/refresh.ts';
export { type Added, SourceAtlas } from './atlas/source-atlas.ts';
export * from './atlas/traceroute.ts';
export { type Calibration, DeploymentCalibration, type KindState } from './calibration/calibration.ts';
export {
  type HopKind,
  hopKindOf,
  independenceOf,
  isStepKind,
  memoryOf,
  onPathKindOf,
  rejoinKindOf,
  techniqueOfKind,
} from './calibration/hop-kind.ts';
export * from './calibration/kind-evidence.ts';
export { NINETY_FIVE_PERCENT, type Proportion, proportionOf } from './calibration/proportion.ts';
export * from './engine.ts';
export * from './facts/alias-evidence.ts';
export * from './facts/aliases.ts';
export { asPathOfNumbers } from './facts/as-path.ts';
export { DoubleStampers } from './facts/double-stampers.ts';
export * from './facts/ip-to-as.ts';
export { Operators } from './facts/operators.ts';
export * from './facts/relations.ts';
export { NextHops } from './knowledge/next-hops.ts';
export { ProbeCache, type ProbeCacheOptions } from './knowledge/probe-cache.ts';
export { type Silence, SilentTargets, type SilentTargetsOptions } from './knowledge/silent-targets.ts';
export type * from './measurement/fail-reason.ts';
export * from './measurement/request.ts';
export * from './measurement/result.ts';
export * from './measurement/stats.ts';
export { ObservedRouters } from './ownership/observed-routers.ts';
export * from './ownership/path-networks.ts';
export * from './ownership/router-owners.ts';
export {
  type AssumptionConfidence,
  CONFIDENCE,
  PUBLISHED_ASSUMPTIONS,
  rejoinChance,
  SIMULATED_ASSUMPTIONS,
  SIMULATED_PUBLISHED_ASSUMPTIONS,
} from './path/confidence.ts';
export type * from './path/evidence.ts';
export * from './path/hop.ts';
export { ReversePath } from './path/reverse-path.ts';
export { INDEPENDENT_STEPS, type StepGroup, stepGroupOf, type WholePathWeights } from './path/whole-path.ts';
export { atlasOnlyPlan } from './plans/atlas-only-plan.ts';
export { defaultPlan } from './plans/default-plan.ts';
export type { Plan } from './plans/plan.ts';
export { revtr1Plan } from './plans/revtr1-plan.ts';
export { revtr2LabelledPlan, revtr2Plan } from './plans/revtr2-plan.ts';
export { symmetryPlan } from './plans/symmetry-plan.ts';
export { DistanceRanking } from './ranking/distance-ranking.ts';
export { IngressRanking, type IngressRankingOptions } from './ranking/ingress-ranking.ts';
export * from './ranking/ranking.ts';
export type { RankingRecord } from './ranking/ranking-store.ts';
export * from './ranking/survey.ts';
export { recordRoutePing } from './record-route/ping.ts';
export * from './record-route/read-answer.ts';
export type {
  AskedTraceroute,
  AskTraceroute,
  EngineCollaborators,
  EngineMemory,
  Measurement,
  WithTechnique,
} from './techniques/contract/measurement.ts';
export { type ReadAnswer, TargetAnswers } from './techniques/contract/target-answers.ts';
export * from './techniques/contract/technique.ts';
export { SteppingBack } from './techniques/stepping-back.ts';
export { Timestamp } from './techniques/timestamp.ts';
export { AdaptiveTimeout, type AdaptiveTimeoutOptions } from './timing/adaptive-timeout.ts';
export type { HostWatch } from './timing/host-watch.ts';
export { Outages } from './timing/outages.ts';
export { hopsTravelled, PlainPings } from './timing/plain-pings.ts';
export { SharedPings } from './timing/shared-pings.ts';
