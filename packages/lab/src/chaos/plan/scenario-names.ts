/** Scenarios: a few faults that are chosen by hand, and what must be seen meanwhile. */
export const SCENARIO_NAMES = [
  'engineDies',
  'databaseAway',
  'busAway',
  'halfOpen',
  'slowConsumer',
  'fullDisk',
  'failover',
  'clockJumps',
] as const;
export type ScenarioName = (typeof SCENARIO_NAMES)[number];
