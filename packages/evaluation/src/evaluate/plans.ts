import {
  atlasOnlyPlan,
  defaultPlan,
  type Plan,
  revtr1Plan,
  revtr2LabelledPlan,
  revtr2Plan,
  symmetryPlan,
} from '@revtr/engine';

/** The plans that the evaluation compares, by name. */
export const PLANS: Readonly<Record<string, Plan>> = {
  default: defaultPlan,
  revtr2: revtr2Plan,
  'revtr2-labelled': revtr2LabelledPlan,
  revtr1: revtr1Plan,
  symmetry: symmetryPlan,
  'atlas-only': atlasOnlyPlan,
};

/** Seeds for development. All other seeds are held out, and published figures come only from held-out seeds. */
export const DEVELOPMENT_SEEDS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
