import { open, readFile, rm } from 'node:fs/promises';

/** How long a claim holds. */
export interface ClaimTimes {
  /** Milliseconds since the Unix epoch. */
  readonly now: number;
  /** After so long a claim ends by itself, milliseconds. */
  readonly mostMs: number;
}

const MODE = 0o600;
const isErrno = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

/**
 * Claims a download for this process with a file that is seen by all processes that share the directory. Returns what gives the claim back; `undefined`
 * while another process has it. Two processes that begin at the same moment to replace a claim that has ended can both succeed: then a file is downloaded
 * twice. Rejects with errors of the file system.
 */
export async function claimDownload(path: string, times: ClaimTimes): Promise<(() => Promise<void>) | undefined> {
  if (await hasEnded(path, times)) await rm(path, { force: true });
  try {
    const handle = await open(path, 'wx', MODE);
    await handle.writeFile(new Date(times.now + times.mostMs).toISOString()).finally(() => handle.close());
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return undefined;
    throw error;
  }
  return () => rm(path, { force: true });
}

/** Whether there is a claim that no longer holds: it is over, from a process with a wrong clock, or damaged. */
async function hasEnded(path: string, { now, mostMs }: ClaimTimes): Promise<boolean> {
  try {
    const leftMs = Date.parse(await readFile(path, 'utf8')) - now;
    return !(leftMs > 0 && leftMs <= mostMs);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
}
