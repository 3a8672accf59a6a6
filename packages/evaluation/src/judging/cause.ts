/** Cause of an inexact AS path, as a label of the error budget. */
export function causeOf(pair: {
  readonly reached: boolean;
  readonly failure: string | undefined;
  readonly hops: readonly { readonly kind: string; readonly verdict: string }[];
  readonly foundAsPath: readonly number[];
  readonly trueAsPath: readonly number[];
  /** Whether the AS path is exact if hops are mapped to the networks that operate their routers. */
  readonly isExactByOwners: boolean;
}): string {
  const { reached, failure, hops, foundAsPath, trueAsPath, isExactByOwners } = pair;
  if (!reached) return `does not reach: ${failure ?? 'unknown'}`;
  if (isExactByOwners) return 'an address belongs to another network than its router';
  const wrong = hops.find(({ verdict }) => verdict === 'wrong');
  if (wrong !== undefined) return `wrong: ${wrong.kind}`;
  const missing = trueAsPath.filter((asn) => !foundAsPath.includes(asn));
  return missing.length > 0 ? 'a network on the path shows no router' : 'routers of other flows';
}
