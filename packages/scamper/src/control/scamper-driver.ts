import { connect, type Socket } from 'node:net';
import { type Clock, cancelled } from '@revtr/probing';
import { ScamperError } from '../errors.ts';
import { WartsDecoder, type WartsRecord } from '../warts/file.ts';
import { ControlDecoder, type ControlMessage } from './control-decoder.ts';
import { ScamperProcess, type ScamperProcessOptions } from './scamper-process.ts';
import { createTask, type RunOptions, type Task } from './task.ts';
import { Watchdog, type WatchdogOptions } from './watchdog.ts';

export interface ScamperDriverOptions extends ScamperProcessOptions {
  /**
   * Tasks given to scamper at once. More than about 100 quick ones overflow its receive buffer, which has a fixed size.
   * Default 50.
   */
  readonly window?: number;
  /** Shortest and longest pause before scamper is started again, milliseconds. Default 100 and 10,000. */
  readonly restartMs?: { readonly least: number; readonly most: number };
  readonly watchdog?: WatchdogOptions;
}

export interface ScamperDriverCollaborators {
  readonly clock: Clock;
  /** Called when scamper stops to answer, and when it answers again. */
  readonly onHealth?: (measures: boolean) => void;
}

/** A task under way. */
export interface RunningTask {
  /** Resolves when scamper has taken the command. */
  readonly started: Promise<void>;
  /** The record of the result. */
  readonly result: Promise<WartsRecord>;
}

/** A command that a healthy scamper ends within two seconds, with or without a reply. */
const HEALTH_CHECK = 'ping -c 1 -o 1 -W 1 127.0.0.1';
const MOST_USER_IDS = 2 ** 31;

/**
 * Keeps a scamper running and gives it commands over its control socket, a bounded number at a time. A watchdog restarts a
 * scamper that ended or does not answer, and unfinished commands are given again. Every command is answered once.
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
  readonly #watchdog: Watchdog;

  private constructor(options: ScamperDriverOptions, { clock, onHealth }: ScamperDriverCollaborators) {
    this.#options = options;
    this.#clock = clock;
    this.#watchdog = new Watchdog(options.watchdog ?? {}, {
      clock,
      running: () => this.#running.values(),
      check: (timeoutMs) => this.#check(timeoutMs),
      onLost: (tasks) => this.#takeBack(tasks),
      onUnhealthy: () => this.#socket?.destroy(),
      onHealth: (measures) => onHealth?.(measures),
    });
  }

  /** Starts scamper. @throws {ScamperError} `startFailed` */
  static async start(options: ScamperDriverOptions, collaborators: ScamperDriverCollaborators): Promise<ScamperDriver> {
    const driver = new ScamperDriver(options, collaborators);
    await driver.#launch();
    void driver.#watchdog.run(driver.#over.signal);
    return driver;
  }

  /** Whether scamper passed its last health check; true before the first one. */
  get measures(): boolean {
    return this.#watchdog.measures;
  }

  /** Number of the running scamper process. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Runs a command, given without its `-U`. Aborting `signal` halts it. The result rejects with {@link ScamperError}. */
  run(command: string, signal?: AbortSignal, options: RunOptions = {}): RunningTask {
    const { promise: started, resolve: onStarted } = Promise.withResolvers<void>();
    const { promise: result, resolve, reject } = Promise.withResolvers<WartsRecord>();
    if (this.#isStopped || signal?.aborted) {
      reject(signal?.aborted ? cancelled() : new ScamperError('stopped', 'scamper is stopped'));
      return { started, result };
    }
    const release = (): void => signal?.removeEventListener('abort', cancel);
    const task = createTask(this.#takeUserId(), command, options, {
      onStarted,
      resolve: (record) => {
        release();
        resolve(record);
      },
      reject: (error) => {
        release();
        reject(error);
      },
    });
    const cancel = (): void => this.#cancel(task);
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
        // After an unreadable message the position in the stream is unknown: a new scamper gets the unfinished commands.
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
    this.#takeBack([...this.#running.values()]);
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
      try {
        task.beforeSend?.();
      } catch (error) {
        task.reject(error instanceof Error ? error : new Error(String(error)));
        continue;
      }
      this.#give(task, this.#socket);
    }
  }

  #give(task: Task, socket: Socket): void {
    task.attempts++;
    task.givenAt = this.#clock.now();
    task.isAcknowledged = false;
    this.#running.set(task.userId, task);
    this.#unacknowledged.push(task);
    socket.write(`${task.command}\n`);
  }

  /** Takes commands back from scamper: callers that still wait get another attempt or an error. */
  #takeBack(tasks: readonly Task[]): void {
    const again: Task[] = [];
    for (const task of tasks) {
      // It may have ended meanwhile.
      if (this.#running.get(task.userId) !== task) continue;
      this.#running.delete(task.userId);
      delete task.id;
      if (task.overAt !== undefined) continue;
      if (task.attempts < task.mostAttempts) again.push(task);
      else task.reject(new ScamperError('stopped', 'scamper ended, or lost the command, several times'));
    }
    this.#waiting.unshift(...again);
    this.#fill();
  }

  /** Whether scamper ends a command within `timeoutMs`. It is given beyond the window, which lost commands may fill. */
  async #check(timeoutMs: number): Promise<boolean> {
    const socket = this.#socket;
    if (socket === undefined) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const end = (isHealthy: boolean) => (): void => resolve(isHealthy);
    const task = createTask(
      this.#takeUserId(),
      HEALTH_CHECK,
      { mostAttempts: 1, expectedMs: Number.POSITIVE_INFINITY },
      { onStarted: () => undefined, resolve: end(true), reject: end(false) },
    );
    this.#give(task, socket);
    const finished = new AbortController();
    const expire = this.#clock.sleep(timeoutMs, finished.signal).then(end(false), () => undefined);
    const isHealthy = await promise;
    finished.abort();
    await expire;
    task.overAt = this.#clock.now();
    this.#running.delete(task.userId);
    return isHealthy;
  }

  #takeUserId(): number {
    const userId = this.#nextUserId;
    this.#nextUserId = (this.#nextUserId % MOST_USER_IDS) + 1;
    return userId;
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
    task.isAcknowledged = true;
    task.onStarted();
    if (task.overAt !== undefined) this.#halt(task);
  }

  #settle(record: WartsRecord): void {
    if (record.type !== 'ping' && record.type !== 'trace' && record.type !== 'sniff') return;
    const task = this.#running.get(record.userId ?? 0);
    if (task === undefined) return;
    this.#failures = 0;
    this.#running.delete(task.userId);
    if (task.overAt === undefined) task.resolve(record);
    this.#fill();
  }

  #cancel(task: Task): void {
    if (task.overAt !== undefined) return;
    task.overAt = this.#clock.now();
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
