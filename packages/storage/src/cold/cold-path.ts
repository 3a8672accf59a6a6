import { randomBytes } from 'node:crypto';

const PATH = /^\d{4}\/\d{2}\/\d{2}\/\d{1,16}-[0-9a-f]{1,32}\.parquet$/;

/** Whether a path is one that a file of cold results can have: nothing outside of their place. */
export const isColdPath = (path: string): boolean => PATH.test(path);

/** A new path of a file, by the day on which its first measurement was submitted (UTC) and the id of that measurement. */
export function newColdPath(firstAt: Date, firstId: number): string {
  const day = firstAt.toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/${firstId}-${randomBytes(6).toString('hex')}.parquet`;
}
