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
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
    return {
      memoryMib: Math.round(field('VmRSS') / 1024),
      openFiles: readdirSync(`/proc/${pid}/fd`).length,
      threads: field('Threads'),
    };
  } catch {
    return undefined;
  }
}

/** Numbers of the processes that a process has started. Empty when it has ended, or never began. */
export function childrenOf(pid: number | undefined): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
