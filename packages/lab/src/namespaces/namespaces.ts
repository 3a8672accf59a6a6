import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { KernelLabError } from './errors.ts';
import { signalAll } from './signal-all.ts';

/** A set of Linux network namespaces with a common prefix: one for each host and one for the controller. Requires root. */
export class Namespaces {
  readonly #prefix: string;
  readonly #added = new Set<string>();

  /** @param options `prefix` starts the name of each namespace and separates parallel labs. At most five characters. */
  constructor(options: { readonly prefix: string }) {
    this.#prefix = options.prefix;
  }

  /** Name of the namespace of a host. */
  of(host: string): string {
    return `${this.#prefix}-${host}`;
  }

  /** Name of the namespace of the controller. */
  get control(): string {
    return `${this.#prefix}-_ctl`;
  }

  /** Creates a namespace and brings up its loopback interface. @throws {KernelLabError} `commandFailed` */
  async add(namespace: string): Promise<void> {
    await execute('ip', ['netns', 'add', namespace]);
    this.#added.add(namespace);
    await this.exec(namespace, 'ip', 'link', 'set', 'lo', 'up');
  }

  /** Runs a program inside a namespace and returns its standard output. @throws {KernelLabError} `commandFailed` */
  async exec(namespace: string, ...command: readonly string[]): Promise<string> {
    return execute('ip', ['netns', 'exec', namespace, ...command]);
  }

  /** Runs a program with `input` as its standard input. @throws {KernelLabError} `commandFailed` */
  async feed(input: string, program: string, ...args: readonly string[]): Promise<void> {
    await execute(program, args, input);
  }

  /** Sends a signal to all processes in a namespace. @throws {KernelLabError} `commandFailed` */
  async signal(namespace: string, signal: NodeJS.Signals): Promise<void> {
    signalAll(pidsIn(await execute('ip', ['netns', 'pids', namespace])), signal);
  }

  /** Removes namespaces of this prefix that an earlier run has left, with their processes. */
  async removeLeftovers(): Promise<void> {
    const listed = await execute('ip', ['netns', 'list']);
    for (const [namespace] of listed.split('\n').map((line) => line.split(' ')))
      if (namespace.startsWith(`${this.#prefix}-`)) await removeNamespace(namespace);
  }

  /** Kills the processes in all namespaces and removes the namespaces. */
  async down(): Promise<void> {
    for (const namespace of this.#added) await removeNamespace(namespace);
    this.#added.clear();
  }
}

/** Kills the processes in a namespace, for example the scamper of a killed agent, and removes it. Ignores failures. */
export async function removeNamespace(namespace: string): Promise<void> {
  signalAll(pidsIn(await execute('ip', ['netns', 'pids', namespace]).catch(() => '')), 'SIGKILL');
  await execute('ip', ['netns', 'del', namespace]).catch(() => undefined);
}

const pidsIn = (output: string): number[] =>
  output
    .split('\n')
    .filter((line) => line !== '')
    .map(Number);

/** Runs a program and returns its standard output. @throws {KernelLabError} `commandFailed` */
async function execute(program: string, args: readonly string[], input = ''): Promise<string> {
  // Ctrl-C reaches every process of the terminal's group. It must not end a command that builds or removes a namespace.
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  // A program that ends before it has read its input fails by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? undefined : `${signal ?? `exit code ${code}`}`));
  });
  const [standardOutput, standardError] = await output;
  if (failure === undefined) return standardOutput;
  const command = [program, ...args].join(' ');
  const detail = standardError.trim() || failure;
  throw new KernelLabError('commandFailed', `${command}: ${detail}`, { command, output: detail });
}
