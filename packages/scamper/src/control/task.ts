import type { WartsRecord } from '../warts/file.ts';

/** How to run a command. */
export interface RunOptions {
  /**
   * Called right before the command is given to scamper, each time that it is. What it throws rejects the result, and the
   * command is not given.
   */
  readonly beforeSend?: (() => void) | undefined;
  /** How often the command may be given to scamper, when scamper ends or loses it. Default 3; 1 for what must not be repeated. */
  readonly mostAttempts?: number;
  /** How long scamper may take before its health is checked, milliseconds. Default 15,000. */
  readonly expectedMs?: number;
}

/** One command and its caller. */
export interface Task {
  readonly userId: number;
  readonly command: string;
  readonly beforeSend: (() => void) | undefined;
  readonly mostAttempts: number;
  readonly expectedMs: number;
  readonly onStarted: () => void;
  readonly resolve: (record: WartsRecord) => void;
  readonly reject: (error: Error) => void;
  /** Number that scamper gave the task, to halt it by. */
  id?: number;
  /** How often scamper received the command. */
  attempts: number;
  /** When scamper last received the command, milliseconds since the Unix epoch. */
  givenAt: number;
  isAcknowledged: boolean;
  /** When the caller cancelled it, milliseconds since the Unix epoch. */
  overAt?: number;
}

const DEFAULT_ATTEMPTS = 3;
const DEFAULT_EXPECTED_MS = 15_000;

/** Creates a task; `-U` with the user identifier is added behind the first word of the command. */
export function createTask(
  userId: number,
  command: string,
  options: RunOptions,
  caller: Pick<Task, 'onStarted' | 'resolve' | 'reject'>,
): Task {
  const [verb, ...rest] = command.split(' ');
  return {
    userId,
    command: [verb, '-U', userId, ...rest].join(' '),
    beforeSend: options.beforeSend,
    mostAttempts: options.mostAttempts ?? DEFAULT_ATTEMPTS,
    expectedMs: options.expectedMs ?? DEFAULT_EXPECTED_MS,
    ...caller,
    attempts: 0,
    givenAt: 0,
    isAcknowledged: false,
  };
}
