import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Costs, type CpuProfile, costsOf, cpuProfileSchema } from './costs.ts';

/** Variable of the environment that names the directory for profiles. */
export const PROFILE_DIRECTORY = 'REVTR_BENCH_PROFILES';

/** File name of the profile of a process. */
export const profileName = (pid: number): string => `${pid}.cpuprofile`;

const POLL_MS = 50;
const MOST_POLLS = 600;

/** Variables for a program of Node.js whose main thread is to be profiled by {@link profiledElsewhere}. */
export const profilingEnvironment = (directory: string): Record<string, string> => ({
  NODE_OPTIONS: `--no-warnings --import ${fileURLToPath(new URL('./preload.ts', import.meta.url))}`,
  [PROFILE_DIRECTORY]: directory,
});

/**
 * Runs `work` while other processes are profiled, which have {@link profilingEnvironment}. The costs of several processes are added up.
 * @throws {Error} when a process does not write its profile within 30 seconds
 */
export async function profiledElsewhere<T>(
  pids: readonly number[],
  directory: string,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly costs: Costs }> {
  const toggle = (): void => {
    for (const pid of pids) process.kill(pid, 'SIGUSR2');
  };
  toggle();
  const result = await work();
  toggle();
  const profiles = await Promise.all(pids.map((pid) => writtenProfile(join(directory, profileName(pid)))));
  return { result, costs: costsOf(profiles) };
}

async function writtenProfile(file: string): Promise<CpuProfile> {
  for (let polls = 0; !existsSync(file); polls++) {
    if (polls === MOST_POLLS) throw new Error(`a process that is measured has not written ${file}`);
    await sleep(POLL_MS);
  }
  const profile = cpuProfileSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  rmSync(file);
  return profile;
}
