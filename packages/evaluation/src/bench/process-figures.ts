import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/** Of one second, in /proc/PID/stat; Linux has no other value on the architectures of Node.js. */
const CLOCK_TICKS = 100;

/**
 * Processor time of a process since its start, with all its threads and the processes that it has started, in seconds (proc(5)). 0 if there is no
 * such process.
 */
export function processorSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may contain spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => childrenOf(pid, thread));
    return own / CLOCK_TICKS + children.reduce((sum, child) => sum + processorSeconds(child), 0);
  } catch {
    return 0;
  }
}

function childrenOf(pid: number, thread: string): number[] {
  const listed = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8');
  return listed.split(' ').filter(Boolean).map(Number);
}

/** Resident memory of a process, bytes (proc(5)). @throws {Error} when there is no such process */
export const residentBytes = (pid: number): number => 1024 * numberIn(`/proc/${pid}/status`, 'VmRSS');

/** Largest resident memory of a process since its start or since {@link forgetMostResident}, bytes (proc(5)). @throws {Error} as above */
export const mostResidentBytes = (pid: number): number => 1024 * numberIn(`/proc/${pid}/status`, 'VmHWM');

/** Makes the resident memory of a process the largest so far (proc(5), clear_refs). @throws {Error} as above */
export const forgetMostResident = (pid: number): void => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** Bytes that a process has read and written with system calls, those of sockets among them (proc(5)). @throws {Error} as above */
export const transferredBytes = (pid: number): number =>
  numberIn(`/proc/${pid}/io`, 'rchar') + numberIn(`/proc/${pid}/io`, 'wchar');

function numberIn(file: string, name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(file, 'utf8'));
  if (found === null) throw new Error(`${file} has no ${name}`);
  return Number(found[1]);
}
