import {
  atlasOnlyPlan,
  defaultPlan,
  type Plan,
  revtr1Plan,
  revtr2LabelledPlan,
  revtr2Plan,
  symmetryPlan,
} from '@revtr/engine';

/** A plan, and the preparation that it uses. What it does not use is not counted against it. */
export interface EvaluatedPlan {
  readonly plan: Plan;
  readonly needs: {
    /** Whether it asks vantage points, whose distances a survey measures. */
    readonly survey: boolean;
    /** What it uses of the atlas: nothing, traceroutes only, or Record Route pings to their hops as well. */
    readonly atlas: 'none' | 'traceroutes' | 'recordRoute';
  };
  /** Whether users see the operators of routers beside hops, as this project's API shows them, instead of the origins of addresses. */
  readonly showsOperators?: boolean;
  /** Whether measurements may ask RIPE Atlas probes for traceroutes. */
  readonly asksTraceroutes?: boolean;
}

const WHOLE = { survey: true, atlas: 'recordRoute' } as const;

/** The plans that the evaluation compares, by name. The first one is the project's own. */
export const PLANS: Readonly<Record<string, EvaluatedPlan>> = {
  default: { plan: defaultPlan, needs: WHOLE, showsOperators: true },
  'on-demand': { plan: defaultPlan, needs: WHOLE, showsOperators: true, asksTraceroutes: true },
  revtr2: { plan: revtr2Plan, needs: WHOLE },
  'revtr2-labelled': { plan: revtr2LabelledPlan, needs: WHOLE },
  revtr1: { plan: revtr1Plan, needs: { survey: true, atlas: 'traceroutes' } },
  symmetry: { plan: symmetryPlan, needs: { survey: false, atlas: 'none' } },
  'atlas-only': { plan: atlasOnlyPlan, needs: { survey: false, atlas: 'traceroutes' } },
};
