import { readdirSync, readFileSync } from 'node:fs';

/** What a process uses at one moment. */
export interface ProcessUsage {
  /** Resident memory, MiB. */
  readonly memoryMib: number;
  readonly openFiles: number;
  readonly threads: number;
}

/** Reads /proc (proc(5)). `undefined` when the process has ended. */
export function usageOf(pid: number): ProcessUsage | undefined {
  try {
    const field = statusOf(pid);
    return {
      memoryMib: Math.round(field('VmRSS') / 1024),
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
      threads: field('Threads'),
    };
  } catch {
    return undefined;
  }
}

/**
 * Reads the numbers in /proc/PID/status (proc(5)) by their names; sizes are in KiB. A name that is not there has the number NaN.
 * @throws {Error} when the process has ended
 */
export function statusOf(pid: number | undefined): (name: string) => number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
}

/** Numbers of the processes that a process has started. Empty when it has ended, or never began. */
export function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
