import { spawn } from 'node:child_process';
import { KernelLabError } from '../../namespaces/errors.ts';
import type { KernelLab } from '../network/kernel-lab.ts';

/**
 * Runs a command when the network is built and no program has started. No shell interprets it: spaces separate its arguments. Its
 * environment contains `REVTR_LAB_NAME` and `REVTR_LAB_NAMESPACES`, a JSON object of the namespaces by node. Its output goes to standard error.
 * @throws {KernelLabError} `commandFailed`, or the reason of `signal`, which ends the command
 */
export async function runBeforeStart(
  command: string,
  { lab, name, signal }: { readonly lab: KernelLab; readonly name: string; readonly signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted();
  const [program = '', ...args] = command.split(' ').filter((part) => part !== '');
  const namespaces = Object.fromEntries([...lab.topology.nodes.keys()].map((node) => [node, lab.namespaceOf(node)]));
  const child = spawn(program, args, {
    stdio: ['ignore', process.stderr, process.stderr],
    env: { ...process.env, REVTR_LAB_NAME: name, REVTR_LAB_NAMESPACES: JSON.stringify(namespaces) },
  });
  const kill = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', kill, { once: true });
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, ended) => resolve(code === 0 ? undefined : `${ended ?? `exit code ${code}`}`));
  });
  signal.removeEventListener('abort', kill);
  signal.throwIfAborted();
  if (failure !== undefined)
    throw new KernelLabError('commandFailed', `--before-start ${command}: ${failure}`, { command, output: failure });
}
