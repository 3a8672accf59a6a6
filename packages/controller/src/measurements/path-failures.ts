/**
 * Codes of failures that say something about the path, and whose message names nothing but hops of the path. All others say something about
 * the system, such as an exhausted budget, and can name users, budgets, and what operators write.
 */
export const PATH_FAILURES: ReadonlySet<string> = new Set([
  'interdomainSymmetry',
  'tracerouteFailed',
  'noSymmetricHop',
  'noHops',
  'tooManySteps',
]);
