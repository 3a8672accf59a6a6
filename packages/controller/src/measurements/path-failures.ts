import type { StoredResult } from './stored-result.ts';

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

/** Why a path is not complete, as everybody may read it. Only the messages of {@link PATH_FAILURES} are kept. */
export function toPublicFailReason({ code, message, hop }: NonNullable<StoredResult['failReason']>) {
  return { code, message: PATH_FAILURES.has(code) ? message : 'the measurement could not be completed', hop };
}
