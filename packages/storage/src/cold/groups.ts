/** Key of the list of groups in the metadata of a file. */
export const GROUPS_KEY = 'revtr.groups';
/** Rows in a group: all of a group are decoded to read one. */
export const ROWS_PER_GROUP = 500;

/** A group of rows in a file: it is read as a whole, and its checksum is compared before anything else looks at it. */
export interface ColdGroup {
  /** Position of its first byte, and of the one after the last. */
  readonly start: number;
  readonly end: number;
  /** CRC-32 of these bytes. */
  readonly crc32: number;
  readonly rows: number;
  /** Ids of the first and the last measurement. */
  readonly first: number;
  readonly last: number;
}

/** Longest group that is read, bytes. */
const MOST_BYTES = 2 ** 28;

/** The list of groups as text. */
export const formatGroups = (groups: readonly ColdGroup[]): string =>
  JSON.stringify(groups.map(({ start, end, crc32, rows, first, last }) => [start, end, crc32, rows, first, last]));

/** Reads the list of groups; `undefined` when it is none. */
export function parseGroups(text: string): readonly ColdGroup[] | undefined {
  const list: unknown = JSON.parse(text);
  if (!Array.isArray(list)) return undefined;
  const groups: ColdGroup[] = [];
  for (const entry of list) {
    const group = toGroup(entry);
    if (group === undefined) return undefined;
    groups.push(group);
  }
  return groups;
}

function toGroup(entry: unknown): ColdGroup | undefined {
  if (!Array.isArray(entry) || entry.length !== 6 || !entry.every(isCount)) return undefined;
  const [start, end, crc32, rows, first, last] = entry;
  const isRange = start < end && end - start <= MOST_BYTES && rows > 0 && rows <= ROWS_PER_GROUP && first <= last;
  return isRange ? { start, end, crc32, rows, first, last } : undefined;
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
