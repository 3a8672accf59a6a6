import { connect, type Socket } from 'node:net';
import { type Clock, cancelled } from '@revtr/probing';
import { ScamperError } from '../errors.ts';
import { WartsDecoder, type WartsRecord } from '../warts/file.ts';
import { ControlDecoder, type ControlMessage } from './control-decoder.ts';
import { ScamperProcess, type ScamperProcessOptions } from './scamper-process.ts';

export interface ScamperDriverOptions extends ScamperProcessOptions {
  /**
   * Tasks given to scamper at once. More than about 100 quick ones overflow its receive buffer, which has a fixed size.
   * Default 50.
   */
  readonly window?: number;
  /** Shortest and longest pause before scamper is started again, milliseconds. Default 100 and 10,000. */
  readonly restartMs?: { readonly least: number; readonly most: number };
}

/** One command and who waits for its result. */
interface Task {
  readonly userId: number;
  readonly command: string;
  readonly onStarted: () => void;
  readonly resolve: (record: WartsRecord) => void;
  readonly reject: (error: Error) => void;
  /** Number that scamper gave it, to halt it by. */
  id?: number;
  /** How often it was given to scamper: one that scamper dies of must not be given for ever. */
  attempts: number;
  isOver: boolean;
}

/** A task under way. */
export interface RunningTask {
  /** Resolves when scamper has taken the command. */
  readonly started: Promise<void>;
  /** The record of the result. */
  readonly result: Promise<WartsRecord>;
}

/** How often a command is given to scamper at most. */
const MOST_ATTEMPTS = 3;
const MOST_USER_IDS = 2 ** 31;

/**
 * Keeps a scamper running and gives it commands over its control socket, a bounded number at a time. When scamper dies it is
 * started again and gets the unfinished commands anew; every command is answered once.
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
  #failures = 0;
  readonly #over = new AbortController();

  private constructor(options: ScamperDriverOptions, collaborators: { readonly clock: Clock }) {
    this.#options = options;
    this.#clock = collaborators.clock;
  }

  /** Starts scamper. @throws {ScamperError} `startFailed` */
  static async start(options: ScamperDriverOptions, collaborators: { readonly clock: Clock }): Promise<ScamperDriver> {
    const driver = new ScamperDriver(options, collaborators);
    await driver.#launch();
    return driver;
  }

  /** Number of the running scamper process. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Gives scamper a command without its `-U`, which is added behind the first word. Cancelling halts it. */
  run(command: string, signal?: AbortSignal): RunningTask {
    const { promise: started, resolve: onStarted } = Promise.withResolvers<void>();
    const { promise: result, resolve, reject } = Promise.withResolvers<WartsRecord>();
    if (this.#isStopped) {
      reject(new ScamperError('stopped', 'scamper is stopped'));
      return { started, result };
    }
    const userId = this.#nextUserId;
    this.#nextUserId = (this.#nextUserId % MOST_USER_IDS) + 1;
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

  /** Ends scamper; what is unfinished rejects with `stopped`. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#over.abort();
    for (const task of [...this.#waiting, ...this.#running.values()])
      task.reject(new ScamperError('stopped', 'scamper is stopped'));
    this.#waiting.length = 0;
    this.#running.clear();
    this.#socket?.destroy();
    await this.#process?.stop();
  }

  async #launch(): Promise<void> {
    this.#process = await ScamperProcess.start(this.#options);
    const socket = connect(this.#options.socketPath);
    const decoder = new ControlDecoder();
    this.#socket = socket;
    this.#unacknowledged = [undefined];
    socket.write('attach\n');
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      try {
        for (const message of decoder.push(chunk)) this.#receive(message);
      } catch {
        // Whatever cannot be understood cannot be trusted: a new scamper gets the unfinished commands.
        socket.destroy();
      }
    });
    socket.once('close', () => this.#recover(socket));
    this.#fill();
  }

  /** Starts scamper again after its connection broke, and puts unfinished commands back to the front of the queue. */
  #recover(socket: Socket): void {
    if (this.#isStopped || this.#socket !== socket) return;
    this.#socket = undefined;
    const unfinished = [...this.#running.values()].filter((task) => !task.isOver);
    this.#running.clear();
    for (const task of unfinished) delete task.id;
    for (const task of unfinished)
      if (task.attempts >= MOST_ATTEMPTS)
        task.reject(new ScamperError('stopped', 'scamper ended several times meanwhile'));
    this.#waiting.unshift(...unfinished.filter((task) => task.attempts < MOST_ATTEMPTS));
    this.#relaunch().catch((error: unknown) => {
      if (this.#isStopped) return;
      const reason = new ScamperError('stopped', error instanceof Error ? error.message : String(error));
      for (const task of this.#waiting.splice(0)) task.reject(reason);
    });
  }

  async #relaunch(): Promise<void> {
    const { least, most } = this.#options.restartMs ?? { least: 100, most: 10_000 };
    await this.#process?.stop();
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
      task.reject(new ScamperError('refused', `scamper refused '${task.command}': ${message.text}`));
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
