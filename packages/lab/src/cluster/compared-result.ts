import type { Hop, Measurement } from '@revtr/client';

/** What two systems must find alike. */
export interface ComparedResult {
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  readonly stopReason: string | undefined;
  readonly failCode: string | undefined;
  readonly confidence: number | undefined;
  readonly measuredThrough: string | undefined;
  readonly hops: readonly string[];
}

/** A field that differs between two results of a pair. */
export interface Difference {
  readonly label: string;
  readonly field: string;
  readonly embedded: unknown;
  readonly cluster: unknown;
}

/**
 * The part of a result in which time plays no role. Left out are ids; times, ages and round-trip times; the numbers of probes, which repetitions change; and
 * the evidence with its wording, which names one of the vantage points that saw a hop, and when.
 */
export function comparedResult({ source, destination, label, result }: Measurement): ComparedResult {
  return {
    ...{ source, destination, label },
    stopReason: result?.stopReason,
    failCode: result?.failReason?.code,
    confidence: result?.confidence,
    measuredThrough: result?.measuredThrough?.address,
    hops: (result?.hops ?? []).map(describe),
  };
}

function describe({
  address,
  technique,
  trust,
  confidence,
  asn,
  alternatives,
  divergence,
  hiddenNetwork,
}: Hop): string {
  return JSON.stringify({ address, technique, trust, confidence, asn, alternatives, divergence, hiddenNetwork });
}

/** The fields in which the results of one pair differ. Paths are compared hop by hop. */
function differencesOf(embedded: ComparedResult, cluster: ComparedResult): readonly Difference[] {
  const { label } = embedded;
  const differences: Difference[] = [];
  const compare = (field: string, a: unknown, b: unknown): void => {
    if (a !== b) differences.push({ label, field, embedded: a, cluster: b });
  };
  for (const field of [
    'source',
    'destination',
    'label',
    'stopReason',
    'failCode',
    'confidence',
    'measuredThrough',
  ] as const)
    compare(field, embedded[field], cluster[field]);
  for (let i = 0; i < Math.max(embedded.hops.length, cluster.hops.length); i++)
    compare(`hop ${i + 1}`, embedded.hops[i], cluster.hops[i]);
  return differences;
}

/** Compares several runs of each kind, each with the results of the same pairs in the same order. */
export function compareResults(
  embedded: readonly (readonly ComparedResult[])[],
  cluster: readonly (readonly ComparedResult[])[],
) {
  const [first] = embedded;
  const isSame = (runs: readonly (readonly ComparedResult[])[], i: number): boolean =>
    runs.every((results) => differencesOf(runs[0][i], results[i]).length === 0);
  const steady = first.flatMap((_, i) => (isSame(embedded, i) && isSame(cluster, i) ? [i] : []));
  const differences = steady.map((i) => differencesOf(first[i], cluster[0][i]));
  return {
    pairs: first.length,
    hops: first.reduce((sum, { hops }) => sum + hops.length, 0),
    reached: first.filter(({ stopReason }) => stopReason === 'reaches').length,
    identical: differences.filter(({ length }) => length === 0).length,
    varying: first.length - steady.length,
    differences: differences.flat(),
  };
}
