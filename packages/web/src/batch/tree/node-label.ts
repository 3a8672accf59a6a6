import type { PathNode } from './path-tree.ts';

/** Names of networks by AS number, and networks by address of a router. */
export interface NodeNames {
  readonly names: Readonly<Record<string, string>>;
  readonly origins: Readonly<Record<string, number>>;
}

/** What a node is called, and what is added in a lighter colour. */
export function labelOf(key: string, { names, origins }: NodeNames): { readonly text: string; readonly more: string } {
  if (key === '') return { text: 'all sources', more: '' };
  if (/^\d+$/.test(key)) return { text: `AS${key}`, more: named(Number(key), names) };
  const asn = origins[key];
  return { text: key, more: asn === undefined ? '' : `AS${asn} ${named(asn, names)}`.trim() };
}

/** The share of the paths that pass a node, for people. */
export function percentageOf({ count }: PathNode, total: number): string {
  const percent = (100 * count) / total;
  return percent > 0 && percent < 1 ? 'less than 1 %' : `${Math.round(percent)} %`;
}

/** The server names a network that it does not know by its number. */
const named = (asn: number, names: NodeNames['names']): string => {
  const name = names[asn];
  return name === undefined || name === `AS${asn}` ? '' : name;
};
