/**
 * What an API key or a session permits: to read sources, results and atlases, to submit measurements, to host sources, and to operate
 * the system. `operate` has an effect for operators only.
 */
export const SCOPES = ['read', 'measure', 'host', 'operate'] as const;
/** What a credential permits: one of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/** All scopes except `operate`. */
export const USER_SCOPES: readonly Scope[] = ['read', 'measure', 'host'];

/** Scopes as they are stored: in a fixed order, separated by spaces as in RFC 6749, section 3.3. */
export function formatScopes(scopes: Iterable<Scope>): string {
  const given = new Set(scopes);
  return SCOPES.filter((scope) => given.has(scope)).join(' ');
}

/** Reads stored scopes. Unknown words are left out: they permit nothing. */
export function parseScopes(text: string): readonly Scope[] {
  const words = new Set(text.split(' '));
  return SCOPES.filter((scope) => words.has(scope));
}
