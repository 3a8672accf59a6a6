import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { KernelLabError } from './errors.ts';

const run = promisify(execFile);

/** Network namespaces with a prefix of their own, one for each host and one beside them for the controller. Needs root. */
export class Namespaces {
  readonly #prefix: string;
  readonly #added = new Set<string>();

  /** `prefix`: begins the name of every namespace, so that several labs do not meet. At most five characters. */
  constructor(options: { readonly prefix: string }) {
    this.#prefix = options.prefix;
  }

  /** Name of a host's namespace. */
  of(host: string): string {
    return `${this.#prefix}-${host}`;
  }

  /** Name of the namespace where the controller runs. */
  get control(): string {
    return `${this.#prefix}-_ctl`;
  }

  async add(namespace: string): Promise<void> {
    await execute('ip', ['netns', 'add', namespace]);
    this.#added.add(namespace);
    await this.exec(namespace, 'ip', 'link', 'set', 'lo', 'up');
  }

  /** Runs a program inside a namespace and returns its output. @throws {KernelLabError} `commandFailed` */
  async exec(namespace: string, ...command: readonly string[]): Promise<string> {
    return execute('ip', ['netns', 'exec', namespace, ...command]);
  }

  /** Removes the namespaces, and with them everything in them. */
  async down(): Promise<void> {
    for (const namespace of this.#added) await removeNamespace(namespace);
    this.#added.clear();
  }
}

/** Removes a namespace, and kills what still runs in it: a scamper outlives an agent that was killed. */
export async function removeNamespace(namespace: string): Promise<void> {
  const pids = await execute('ip', ['netns', 'pids', namespace]).catch(() => '');
  for (const pid of pids.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself meanwhile.
    }
  }
  await execute('ip', ['netns', 'del', namespace]).catch(() => undefined);
}

/** Runs a program and returns its output. @throws {KernelLabError} `commandFailed` with what it said */
async function execute(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(program, args)).stdout;
  } catch (error) {
    const detail = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new KernelLabError('commandFailed', `${program} ${args.join(' ')}: ${detail}`);
  }
}
