import type { Hop } from '@revtr/engine';

/** Kind of evidence of a hop: its technique, and how the reply was read, how the atlas matched, or what was assumed. */
export function kindOf({ technique, evidence }: Pick<Hop, 'technique' | 'evidence'>): string {
  if (evidence.type === 'recordRoute') return `${technique}, ${evidence.turn}`;
  if (evidence.type === 'atlas')
    return `${technique}, ${evidence.match}${evidence.platform === 'reverseTraceroute' ? ', grown' : ''}`;
  if (evidence.type === 'proxy')
    return `proxy, ${evidence.scope}${evidence.isAsLong === false ? ', other length' : ''}`;
  if (evidence.type === 'networkPath') return `${technique}${evidence.isOnDemand ? ', on demand' : ''}`;
  if (evidence.type === 'nearby') return `${technique}, nearby`;
  if (evidence.type === 'timestamp') return `${technique}, ${evidence.proof}`;
  if (evidence.type !== 'symmetry') return technique;
  const what = evidence.isGateway ? 'gateway' : technique;
  return evidence.adjacent ? what : `${what}, not adjacent`;
}

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
