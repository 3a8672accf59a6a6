import type { Target } from '../target.ts';

/** Longest processor time for one input, milliseconds. */
const MOST_CPU_MS = 200;
/** A slow input counts when it is slow each of these times again. */
const CONFIRMATIONS = 2;

/** What an input did that the contract excludes. */
export interface Violation {
  readonly kind: 'error' | 'slow' | 'unhandled';
  /** The same for inputs that fail for the same reason. */
  readonly key: string;
  readonly message: string;
}

/** Errors that reached no handler since the last look. */
export class UnhandledErrors {
  readonly #errors: unknown[] = [];
  readonly #note = (error: unknown): void => void this.#errors.push(error);

  /** Takes over the handling of such errors for this process until {@link stop}. */
  start(): void {
    process.on('unhandledRejection', this.#note).on('uncaughtException', this.#note);
  }

  stop(): void {
    process.off('unhandledRejection', this.#note).off('uncaughtException', this.#note);
  }

  take(): Violation | undefined {
    const [error] = this.#errors.splice(0);
    return error === undefined ? undefined : violationOf('unhandled', error);
  }
}

/** Runs one input. Returns what it violated; a promise only when the target returned one. */
export function check(target: Target, input: Uint8Array): Violation | undefined | Promise<Violation | undefined> {
  const started = performance.now();
  try {
    const pending = target.run(input);
    if (pending !== undefined)
      return pending.then(
        () => slowness(target, input, started),
        (error: unknown) => judged(target, input, error, started),
      );
  } catch (error) {
    return judged(target, input, error, started);
  }
  return slowness(target, input, started);
}

function judged(target: Target, input: Uint8Array, error: unknown, started: number) {
  return target.isExpected(error) ? slowness(target, input, started) : violationOf('error', error);
}

/** Elapsed time is at least the processor time of this thread, and cheaper to read. It decides whether to measure again. */
function slowness(target: Target, input: Uint8Array, started: number) {
  return performance.now() - started <= MOST_CPU_MS ? undefined : confirmedSlowness(target, input);
}

async function confirmedSlowness(target: Target, input: Uint8Array): Promise<Violation | undefined> {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < CONFIRMATIONS; i++) {
    const before = process.cpuUsage();
    await Promise.resolve()
      .then(() => target.run(input))
      .catch(() => undefined);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
    if (least <= MOST_CPU_MS) return undefined;
  }
  return { kind: 'slow', key: 'slow', message: `${Math.round(least)} ms of processor time` };
}

function violationOf(kind: Violation['kind'], error: unknown): Violation {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const place = /packages\/[\w./-]+\.ts:\d+/.exec(stack ?? '')?.[0] ?? '';
  const shape = message.replaceAll(/\d+|'[^']*'|"[^"]*"/g, '#').slice(0, 80);
  return { kind, key: `${kind} ${name} ${place === '' ? shape : place}`, message: stack ?? `${name}: ${message}` };
}
