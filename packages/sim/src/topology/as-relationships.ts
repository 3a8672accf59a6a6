import type { Random } from '@revtr/probing';
import { SimError } from '../errors.ts';
import { type AsEdge, type AsGraph, pickCity, type Tier } from './as-graph.ts';

/**
 * Parses an AS-relationship file of CAIDA (https://publicdata.caida.org/datasets/as-relationships/): one `provider|customer|-1` or
 * `peer|peer|0` per line, and `#` comments. The file has no locations; the home city of each network is drawn from `random`.
 * @throws {SimError} `badRelationships` with the line
 */
export function parseAsRelationships(text: string, random: Random): AsGraph {
  const indexOf = new Map<number, number>();
  const numbers: number[] = [];
  const index = (number: number): number => {
    const known = indexOf.get(number);
    if (known !== undefined) return known;
    indexOf.set(number, numbers.length);
    return numbers.push(number) - 1;
  };
  const edges: AsEdge[] = [];
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const match = /^(\d+)\|(\d+)\|(-1|0)(\|.*)?$/.exec(line.trim());
    if (match === null || !isPair(match[1], match[2]))
      throw new SimError('badRelationships', `line ${i + 1} is not a relationship`, { line: i + 1 });
    edges.push({
      a: index(Number(match[1])),
      b: index(Number(match[2])),
      relation: match[3] === '0' ? 'peer' : 'customer',
    });
  });
  if (edges.length === 0) throw new SimError('badRelationships', 'the file contains no relationship', {});
  const providers = new Array<number>(numbers.length).fill(0);
  const customers = new Array<number>(numbers.length).fill(0);
  for (const { a, b, relation } of edges) {
    if (relation === 'peer') continue;
    providers[b]++;
    customers[a]++;
  }
  const tiers = numbers.map((_, i): Tier => (providers[i] === 0 && customers[i] > 0 ? 1 : customers[i] > 0 ? 2 : 3));
  const homes = numbers.map(() => pickCity(random));
  return { tiers, homes, edges, numbers };
}

/** Two different AS numbers of 32 bits (RFC 6793). */
const isPair = (a: string, b: string): boolean => a !== b && Number(a) <= 0xffffffff && Number(b) <= 0xffffffff;
