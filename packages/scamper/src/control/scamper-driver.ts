import type { Socket } from 'node:net';
import { type Clock, cancelled } from '@revtr/probing';
import { ScamperError } from '../errors.ts';
import { WartsDecoder, type WartsRecord } from '../warts/file.ts';
import { connectToControl } from './connect.ts';
import { ControlDecoder, type ControlMessage } from './control-decoder.ts';
import { type ScamperEnd, ScamperProcess, type ScamperProcessOptions } from './scamper-process.ts';

/** Options of a {@link ScamperDriver}. */
export interface ScamperDriverOptions extends ScamperProcessOptions {
  /**
   * Number of commands that scamper runs at the same time. scamper's receive buffer has a fixed size, which more than about 100
   * short commands overflow. Default 50.
   */
  readonly window?: number;
  /**
   * Pause before scamper is restarted, in milliseconds. It starts at `least` and doubles with each failed start up to `most`. Default 100 and
   * 10,000.
   */
  readonly restartMs?: { readonly least: number; readonly most: number };
  /** Called before a scamper that ended, or that the driver ended because of an unreadable message, is restarted. */
  readonly onEnd?: (end: ScamperEnd) => void;
}

/** A command and the callbacks of its caller. */
interface Task {
  readonly userId: number;
  readonly command: string;
  readonly onStarted: () => void;
  readonly resolve: (record: WartsRecord) => void;
  readonly reject: (error: Error) => void;
  /** Number that scamper gave to the task; `halt` needs it. */
  id?: number;
  /** How often scamper received the command. A command that crashes scamper must not be repeated forever. */
  attempts: number;
  isOver: boolean;
}

/** A command that waits or runs. */
export interface RunningTask {
  /** Resolves when scamper has accepted the command; never rejects. */
  readonly started: Promise<void>;
  /** The result. Rejects with a {@link ScamperError}, or with a `ProbingError` `cancelled` when the signal fires. */
  readonly result: Promise<WartsRecord>;
}

/** How often a command is given to scamper at most. */
const MAX_ATTEMPTS = 3;
/** Commands that may wait; at scamper's highest rate of 10,000 packets a second this is several seconds of work. */
const MAX_WAITING = 50_000;
const MAX_USER_ID = 2 ** 31;

/**
 * Keeps a scamper process running and sends it commands over its control socket, a bounded number at a time. When scamper ends or sends
 * something unreadable, the driver restarts it and repeats the unfinished commands, each at most three times. Every command gets exactly one
 * result or error.
 */
export class ScamperDriver {
  readonly #options: ScamperDriverOptions;
  readonly #clock: Clock;
  readonly #waiting: Task[] = [];
  readonly #running = new Map<number, Task>();
  /** Commands that scamper has not acknowledged yet, in the order they were sent. */
  #unacknowledged: (Task | undefined)[] = [];
  #process: ScamperProcess | undefined;
  #socket: Socket | undefined;
  #nextUserId = 1;
  #isStopped = false;
  /** The restart in progress, if any; never rejects. */
  #restarting: Promise<void> | undefined;
  #failures = 0;
  readonly #over = new AbortController();

  private constructor(options: ScamperDriverOptions, collaborators: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = collaborators.clock;
  }

  /** Starts scamper and connects to it. @throws {ScamperError} `startFailed` */
  static async start(options: ScamperDriverOptions, collaborators: { readonly clock: Clock }): Promise<ScamperDriver> {
    const driver = new ScamperDriver(options, collaborators);
    await driver.#launch();
    return driver;
  }

  /** Process id of the running scamper. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Queues a scamper command, for example `ping -c 1 192.0.2.1`. The driver inserts the option `-U` after the first word to recognise the result.
   * The signal cancels a waiting command and halts a running one.
   */
  run(command: string, signal?: AbortSignal): RunningTask {
    const { promise: started, resolve: onStarted } = Promise.withResolvers<void>();
    const { promise: result, resolve, reject } = Promise.withResolvers<WartsRecord>();
    const refusal = this.#refusalOf(command);
    if (refusal !== undefined) {
      reject(refusal);
      return { started, result };
    }
    const userId = this.#nextUserId;
    this.#nextUserId = (this.#nextUserId % MAX_USER_ID) + 1;
    const [verb, ...rest] = command.split(' ');
    const task: Task = {
      userId,
      command: [verb, '-U', userId, ...rest].join(' '),
      onStarted,
      attempts: 0,
      isOver: false,
      resolve: (record) => {
        signal?.removeEventListener('abort', cancel);
        resolve(record);
      },
      reject: (error) => {
        signal?.removeEventListener('abort', cancel);
        reject(error);
      },
    };
    const cancel = (): void => this.#cancel(task);
    if (signal?.aborted) {
      reject(cancelled());
      return { started, result };
    }
    signal?.addEventListener('abort', cancel, { once: true });
    this.#waiting.push(task);
    this.#fill();
    return { started, result };
  }

  /** Why the driver does not accept a command; `undefined` when it does. */
  #refusalOf(command: string): ScamperError | undefined {
    if (this.#isStopped) return stopped(0);
    if (this.#waiting.length >= MAX_WAITING)
      return new ScamperError('queueFull', `${MAX_WAITING} commands wait for scamper`, { limit: MAX_WAITING });
    // A line break would begin a second command.
    if (/[\r\n]/.test(command))
      return new ScamperError('refused', 'a scamper command must be one line', { command, answer: '' });
    return undefined;
  }

  /** Ends scamper. Unfinished commands reject with `stopped`. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#over.abort();
    for (const task of [...this.#waiting, ...this.#running.values()]) task.reject(stopped(task.attempts));
    this.#waiting.length = 0;
    this.#running.clear();
    this.#socket?.destroy();
    await this.#process?.stop();
    await this.#restarting;
  }

  async #launch(): Promise<void> {
    const process = await ScamperProcess.start(this.#options);
    this.#process = process;
    // The driver may have been stopped while scamper started.
    if (this.#isStopped) return process.stop();
    const socket = await connectToControl(this.#options.socketPath).catch(async (error: unknown) => {
      await process.stop();
      throw error;
    });
    if (this.#isStopped) {
      socket.destroy();
      return process.stop();
    }
    const decoder = new ControlDecoder();
    this.#socket = socket;
    this.#unacknowledged = [undefined];
    socket.write('attach\n');
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      try {
        for (const message of decoder.push(chunk)) this.#receive(message);
      } catch {
        // After an unreadable message the position in the stream is unknown. A new scamper gets the unfinished commands.
        socket.destroy();
      }
    });
    socket.once('close', () => this.#recover(socket));
    this.#fill();
  }

  /** Restarts scamper after its connection ended, with the unfinished commands at the front of the queue. */
  #recover(socket: Socket): void {
    if (this.#isStopped || this.#socket !== socket) return;
    this.#socket = undefined;
    const unfinished = [...this.#running.values()].filter((task) => !task.isOver);
    this.#running.clear();
    for (const task of unfinished) delete task.id;
    for (const task of unfinished)
      if (task.attempts >= MAX_ATTEMPTS)
        task.reject(
          new ScamperError('stopped', `scamper ended ${task.attempts} times during '${task.command}'`, {
            attempts: task.attempts,
          }),
        );
    this.#waiting.unshift(...unfinished.filter((task) => task.attempts < MAX_ATTEMPTS));
    this.#restarting = this.#relaunch().catch((error: unknown) => {
      if (this.#isStopped) return;
      const reason = error instanceof Error ? error.message : String(error);
      for (const task of this.#waiting.splice(0))
        task.reject(new ScamperError('stopped', `scamper cannot be restarted: ${reason}`, { attempts: task.attempts }));
    });
  }

  async #relaunch(): Promise<void> {
    const { onEnd, restartMs } = this.#options;
    const { least, most } = restartMs ?? { least: 100, most: 10_000 };
    await this.#process?.stop();
    const end = this.#process?.end;
    if (end !== undefined && !this.#isStopped) onEnd?.(end);
    while (!this.#isStopped) {
      await this.#clock.sleep(Math.min(most, least * 2 ** this.#failures), this.#over.signal);
      this.#failures++;
      try {
        return await this.#launch();
      } catch (error) {
        if (!(error instanceof ScamperError)) throw error;
      }
    }
  }

  #fill(): void {
    while (this.#socket !== undefined && this.#running.size < (this.#options.window ?? 50)) {
      const task = this.#waiting.shift();
      if (task === undefined) return;
      task.attempts++;
      this.#running.set(task.userId, task);
      this.#unacknowledged.push(task);
      this.#socket.write(`${task.command}\n`);
    }
  }

  #receive(message: ControlMessage): void {
    if (message.type === 'more') return;
    if (message.type === 'data') {
      for (const record of new WartsDecoder().push(message.warts)) this.#settle(record);
      return;
    }
    const task = this.#unacknowledged.shift();
    if (task === undefined) return;
    if (message.type === 'error') {
      this.#running.delete(task.userId);
      const { command } = task;
      task.reject(
        new ScamperError('refused', `scamper rejected '${command}': ${message.text}`, {
          command,
          answer: message.text,
        }),
      );
      this.#fill();
      return;
    }
    if (message.id !== undefined) task.id = message.id;
    task.onStarted();
    if (task.isOver) this.#halt(task);
  }

  #settle(record: WartsRecord): void {
    if (record.type !== 'ping' && record.type !== 'trace' && record.type !== 'sniff') return;
    const task = this.#running.get(record.userId ?? 0);
    if (task === undefined) return;
    this.#failures = 0;
    this.#running.delete(task.userId);
    if (!task.isOver) task.resolve(record);
    this.#fill();
  }

  #cancel(task: Task): void {
    if (task.isOver) return;
    task.isOver = true;
    const at = this.#waiting.indexOf(task);
    if (at >= 0) this.#waiting.splice(at, 1);
    else this.#halt(task);
    task.reject(cancelled());
  }

  #halt(task: Task): void {
    if (task.id === undefined || this.#socket === undefined) return;
    this.#unacknowledged.push(undefined);
    this.#socket.write(`halt ${task.id}\n`);
  }
}

const stopped = (attempts: number): ScamperError =>
  new ScamperError('stopped', 'the scamper driver is stopped', { attempts });
