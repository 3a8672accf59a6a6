import type { ErrorDetail } from '../foundation/errors.ts';
import { type Network, parseNetwork } from './network.ts';

/** Most networks in one file. */
const MOST_IMPORTED = 1_000_000;
const MOST_PROBLEMS = 100;
const MOST_QUOTED = 60;

/** The networks of a file, or what is wrong with its lines. */
export type ImportList =
  | { readonly networks: readonly Network[] }
  | { readonly problems: readonly ErrorDetail[]; readonly count: number };

/**
 * Reads a list of networks, one prefix or AS number in a line. Empty lines are skipped, and `#` begins a comment. A network that is
 * listed twice counts once. One bad line makes the whole list bad; the first 100 bad lines are described.
 */
export function readImportList(text: string): ImportList {
  const networks = new Map<string, Network>();
  const problems: ErrorDetail[] = [];
  let count = 0;
  let line = 0;
  for (let start = 0; start <= text.length; ) {
    const end = text.indexOf('\n', start);
    const raw = text.slice(start, end < 0 ? text.length : end);
    start = end < 0 ? text.length + 1 : end + 1;
    line++;
    const entry = raw.split('#', 1)[0].trim();
    if (entry === '') continue;
    try {
      const network = parseNetwork(entry);
      networks.set(network.network, network);
      if (networks.size > MOST_IMPORTED) throw new RangeError(`the list has more than ${MOST_IMPORTED} networks`);
    } catch (error) {
      count++;
      if (problems.length < MOST_PROBLEMS) problems.push({ at: `line ${line}`, ...problemOf(error) });
      if (networks.size > MOST_IMPORTED) break;
    }
  }
  return count > 0 ? { problems, count } : { networks: [...networks.values()] };
}

function problemOf(error: unknown): Omit<ErrorDetail, 'at'> {
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'badNetwork', message: message.slice(0, MOST_QUOTED + 100) };
}
