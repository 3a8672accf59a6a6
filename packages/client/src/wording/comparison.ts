import type { MeasurementResult } from '../types.ts';
import type { ComparedHop } from './align.ts';

/**
 * The difference between two paths in words. Both paths are in the order from the destination to the source. Networks are compared, because
 * a router has different addresses in the two directions.
 */
export function compareInWords(
  destination: string,
  forward: readonly ComparedHop[],
  reverse: readonly ComparedHop[],
): string {
  const there = networks(forward);
  const back = networks(reverse);
  const own = back.at(-1)?.asn ?? there.at(-1)?.asn;
  const leaves = neighbourOf(there, own);
  const enters = neighbourOf(back, own);
  const all = new Set([...there, ...back].map(({ asn }) => asn));
  const shared = there.filter(({ asn }) => back.some((network) => network.asn === asn)).length;
  const share = `They share ${shared} of ${all.size} networks.`;
  if (leaves === undefined || enters === undefined)
    return `Both directions were compared as far as they are known. ${share}`;
  return leaves.asn === enters.asn
    ? `Traffic to ${destination} leaves through ${leaves.name}, and traffic back enters through it as well. ${share}`
    : `Traffic to ${destination} leaves through ${leaves.name}; traffic back enters through ${enters.name}. ${share}`;
}

interface Network {
  readonly asn: number;
  readonly name: string;
}

function networks(hops: readonly ComparedHop[]): Network[] {
  const found = new Map<number, Network>();
  for (const { asn, asName } of hops)
    if (asn !== undefined && !found.has(asn)) found.set(asn, { asn, name: asName ?? `AS${asn}` });
  return [...found.values()];
}

/** The network beside that of the source. */
function neighbourOf(path: readonly Network[], own: number | undefined): Network | undefined {
  return path.filter(({ asn }) => asn !== own).at(-1);
}

/** The forward path in the order of the reverse path. The traceroute does not list its own source. */
export function forwardHops(
  forward: NonNullable<MeasurementResult['forward']>,
  source: string,
  { hops }: MeasurementResult,
): ComparedHop[] {
  const { asn, asName, name } = hops.find(({ address }) => address === source) ?? {};
  return [{ address: source, asn, asName, name }, ...forward.hops].reverse();
}
