import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { RequestedPair } from '@revtr/client';
import { type CliError, unusableFile } from '../errors.ts';

/** What lines of a file of pairs leave open. */
export interface PairDefaults {
  /** Source of the lines that name none. */
  readonly to?: string | undefined;
  readonly label?: string | undefined;
}

/** Longest line, characters. */
const LONGEST_LINE = 1_000;

/** The pair in a line `DESTINATION [SOURCE]`; `undefined` for an empty line or a comment. @throws {CliError} `unreadableFile` */
export function pairOf(
  { file, number }: { readonly file: string; readonly number: number },
  line: string,
  { to, label }: PairDefaults,
): RequestedPair | undefined {
  const refuse = (problem: string): CliError => unusableFile(file, `line ${number} ${problem}`);
  if (line.length > LONGEST_LINE) throw refuse(`has more than ${LONGEST_LINE} characters`);
  const words = line
    .replace(/#.*/, '')
    .split(/[\s,]+/)
    .filter((word) => word !== '');
  const [dst, src = to] = words;
  if (dst === undefined) return undefined;
  if (words.length > 2) throw refuse('has more than a destination and a source');
  if (src === undefined) throw refuse('names no source, and --to is missing');
  return { src, dst, ...(label !== undefined && { label }) };
}

/** The pairs of a file, in groups of `size`, without reading the whole file at once. @throws {CliError} `unreadableFile` */
export async function* pairGroups(file: string, size: number, defaults: PairDefaults): AsyncGenerator<RequestedPair[]> {
  let group: RequestedPair[] = [];
  let number = 0;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    const pair = pairOf({ file, number: ++number }, line, defaults);
    if (pair === undefined) continue;
    group.push(pair);
    if (group.length < size) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}
