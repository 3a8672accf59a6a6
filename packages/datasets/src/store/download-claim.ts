import { randomUUID } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { isErrno, PART } from './files.ts';

/** How long a claim holds. */
export interface ClaimTimes {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** After so long a claim ends by itself, milliseconds. */
  readonly mostMs: number;
}

const MODE = 0o600;
/** A claim that ends later than this many times `mostMs` from now comes from a wrong clock; a little later, from one that is ahead. */
const TOLERANCE = 2;

/**
 * Claims a download for this process with a file that is seen by all processes that share the directory. Returns what gives the claim back, which never
 * rejects; `undefined` while another process has it. Two processes that begin at the same moment to replace a claim that has ended can both succeed: then a
 * file is downloaded twice. Rejects with errors of the file system.
 */
export async function claimDownload(path: string, times: ClaimTimes): Promise<(() => Promise<void>) | undefined> {
  if (await hasEnded(path, times)) await rm(path, { force: true });
  const id = randomUUID();
  const text = `${new Date(times.now + times.mostMs).toISOString()}\n${id}\n`;
  // The claim appears as a whole: another process would take an empty one for damaged.
  const part = `${path}.${id}${PART}`;
  try {
    await writeFile(part, text, { flag: 'wx', mode: MODE });
    await link(part, path);
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return undefined;
    throw error;
  } finally {
    await rm(part, { force: true });
  }
  return () => release(path, text);
}

/** A claim that has ended may belong to another process by now. One that cannot be removed ends by itself. */
async function release(path: string, text: string): Promise<void> {
  try {
    if ((await readFile(path, 'utf8')) === text) await rm(path, { force: true });
  } catch {}
}

/** Whether there is a claim that no longer holds: it is over, from a process with a wrong clock, or damaged. */
async function hasEnded(path: string, { now, mostMs }: ClaimTimes): Promise<boolean> {
  try {
    const [until] = (await readFile(path, 'utf8')).split('\n');
    const leftMs = Date.parse(until) - now;
    return !(leftMs > 0 && leftMs <= TOLERANCE * mostMs);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
