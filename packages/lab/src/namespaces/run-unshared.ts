import { spawnSync } from 'node:child_process';

/**
 * Every process of the program ends with the first process of its PID namespace, and mounts with the mount namespace, however the program ends.
 * See unshare(1).
 */
const NAMESPACES = ['--pid', '--fork', '--kill-child', '--mount-proc', '--mount', '--propagation', 'private'];

/**
 * Runs a program of Node.js in namespaces of its own, and waits until it ends. Requires root. Returns the exit code.
 * @param options `name`: of the command, for its messages; `hasNetwork`: whether it also has a network namespace of its own. Default: no
 */
export function runUnshared(
  program: string,
  args: readonly string[],
  { name, hasNetwork = false }: { readonly name: string; readonly hasNetwork?: boolean },
): number {
  if (process.getuid?.() !== 0) {
    process.stderr.write(`${name}: network namespaces require root\n`);
    return 1;
  }
  const namespaces = hasNetwork ? [...NAMESPACES, '--net'] : NAMESPACES;
  return spawnSync('unshare', [...namespaces, process.execPath, program, ...args], { stdio: 'inherit' }).status ?? 1;
}
