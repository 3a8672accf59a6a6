import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Scenario } from './scenarios.ts';

/** How one process ended. */
export interface Run {
  /** Signal or exit code, with the line that explains it; `undefined` after a normal end. */
  readonly failure: string | undefined;
  readonly ms: number;
}

export interface RunOptions {
  readonly name: string;
  readonly scenario: Scenario;
  /** Number of processes. */
  readonly runs: number;
  /** Number of processes at the same time. */
  readonly parallel: number;
  /** Whether glibc checks and overwrites all memory that is freed (mallopt(3)), which is slow. */
  readonly checkMemory: boolean;
}

/** The library of glibc (2.34 and later) that contains the checks of malloc, in the package `libc6`. */
const MALLOC_CHECKS = ['x86_64', 'aarch64'].map((machine) => `/usr/lib/${machine}-linux-gnu/libc_malloc_debug.so.0`);
const MOST_RUN_MS = 300_000;
const MOST_OUTPUT = 100_000;
const EXPLANATION = /Check failed|corrupted|free\(\)|malloc|Error|Assertion/;

/** Runs a scenario in many processes, one after another in each lane. */
export async function* repeat(options: RunOptions): AsyncGenerator<Run> {
  let left = options.runs;
  const pending = new Map<number, Promise<{ readonly lane: number; readonly run: Run }>>();
  const start = (lane: number): void => {
    if (left-- > 0)
      pending.set(
        lane,
        runOnce(options).then((run) => ({ lane, run })),
      );
    else pending.delete(lane);
  };
  for (let lane = 0; lane < options.parallel; lane++) start(lane);
  while (pending.size > 0) {
    const { lane, run } = await Promise.race(pending.values());
    start(lane);
    yield run;
  }
}

async function runOnce({ name, scenario, checkMemory }: RunOptions): Promise<Run> {
  const begin = performance.now();
  const work = fileURLToPath(new URL('./work.ts', import.meta.url));
  const [program, ...args] = [...(scenario.wrapper ?? []), process.execPath, work, name];
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...(checkMemory && memoryChecks()) },
    timeout: MOST_RUN_MS,
    killSignal: 'SIGKILL',
  });
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => {
    output = (output + chunk).slice(-MOST_OUTPUT);
  });
  const [code, signal]: unknown[] = await once(child, 'close');
  const ms = performance.now() - begin;
  if (ms >= MOST_RUN_MS) return { failure: `did not end within ${MOST_RUN_MS / 1_000} s`, ms };
  const line = output.split('\n').find((candidate) => EXPLANATION.test(candidate)) ?? '';
  return {
    failure: code === 0 ? undefined : `${signal ?? `exit code ${code}`}: ${line.trim()}`,
    ms,
  };
}

function memoryChecks(): Record<string, string> {
  const library = MALLOC_CHECKS.find((path) => existsSync(path));
  if (library === undefined) throw new Error('glibc has no malloc checks here (libc_malloc_debug.so.0)');
  return { LD_PRELOAD: library, GLIBC_TUNABLES: 'glibc.malloc.check=3', MALLOC_CHECK_: '3', MALLOC_PERTURB_: '165' };
}
