import type { AddressFacts } from '../../facts/address-facts.ts';

/** The names of networks by AS number, `AS` and the number where the name is not known. */
export function networkNames(asns: Iterable<number>, facts: Pick<AddressFacts, 'asName'>): Record<string, string> {
  const names: Record<string, string> = {};
  for (const asn of asns) names[asn] ??= facts.asName(asn) ?? `AS${asn}`;
  return names;
}
