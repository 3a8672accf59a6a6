import type { WartsRecord } from '../warts/file.ts';

/** How to run a command. */
export interface RunOptions {
  /** Called right before each attempt to send the command. When it throws, the result rejects with that error and nothing is sent. */
  readonly beforeSend?: (() => void) | undefined;
  /** How often the driver sends the command when scamper ends or loses it. Default 3; 1 for a command that must not be repeated. */
  readonly maxAttempts?: number;
  /** Time after which the watchdog checks the health of scamper, in milliseconds. Default 15,000. */
  readonly expectedMs?: number;
}

/** One command and its caller. */
export interface Task {
  readonly userId: number;
  readonly command: string;
  readonly beforeSend: (() => void) | undefined;
  readonly maxAttempts: number;
  readonly expectedMs: number;
  readonly onStarted: () => void;
  readonly resolve: (record: WartsRecord) => void;
  readonly reject: (error: Error) => void;
  /** Number that scamper gave to the task; `halt` needs it. */
  id?: number;
  /** How often scamper received the command. */
  attempts: number;
  /** When scamper last received the command, milliseconds since the Unix epoch. */
  sentAt: number;
  isAcknowledged: boolean;
  /** When the caller cancelled it, milliseconds since the Unix epoch. */
  overAt?: number;
}

const DEFAULT_ATTEMPTS = 3;
const DEFAULT_EXPECTED_MS = 15_000;

/** Creates a task; `-U` with the user identifier is inserted after the first word of the command. */
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
    maxAttempts: options.maxAttempts ?? DEFAULT_ATTEMPTS,
    expectedMs: options.expectedMs ?? DEFAULT_EXPECTED_MS,
    ...caller,
    attempts: 0,
    sentAt: 0,
    isAcknowledged: false,
  };
}
