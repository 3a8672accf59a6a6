import type { Relations } from '../facts/relations.ts';

/**
 * The network between two that are no neighbours on a path and show no router between them: the only one that is a customer of the first and a
 * provider of the second. `undefined` if there is none, or several. This is the hidden AS of bdrmapIT (IMC 2018, section 6.1.5). Towards
 * providers the same conclusion is wrong more often than right, because most networks have several.
 */
export function hiddenNetwork(relations: Relations, before: number, behind: number): number | undefined {
  const [providers, customers] = [relations.providersOf(behind), relations.customersOf(before)];
  const [fewer, more] = providers.size <= customers.size ? [providers, customers] : [customers, providers];
  let found: number | undefined;
  for (const network of fewer) {
    if (!more.has(network)) continue;
    if (found !== undefined) return undefined;
    found = network;
  }
  return found;
}
