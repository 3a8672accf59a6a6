import { execFileSync } from 'node:child_process';

/** The versions of the programs of a run. */
export function programVersions(): Record<string, string> {
  const of = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' }).trim();
  return {
    commit: of('git', '-C', import.meta.dirname, 'describe', '--always', '--dirty'),
    node: process.version,
    postgres: of('psql', '--version'),
    nats: of('/usr/sbin/nats-server', '--version'),
  };
}
