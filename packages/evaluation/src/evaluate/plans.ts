import { defaultPlan, type Plan, revtr1Plan, revtr2Plan } from '@revtr/engine';

/** Plans by name: to add one to the comparison, add it here. */
export const PLANS: Readonly<Record<string, Plan>> = {
  default: defaultPlan,
  revtr2: revtr2Plan,
  revtr1: revtr1Plan,
};

/** Seeds that development may look at. Every other one is held out: figures that are claimed come from those alone. */
export const DEVELOPMENT_SEEDS: readonly number[] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
