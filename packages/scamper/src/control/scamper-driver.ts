import type { Duplex } from 'node:stream';
import { backOff, type Clock, cancelled } from '@revtr/probing';
import { ScamperError } from '../errors.ts';
import { WartsDecoder, type WartsRecord } from '../warts/file.ts';
import { type ConnectedScamper, type ConnectScamper, startedScamper } from './connected-scamper.ts';
import { ControlDecoder, type ControlMessage } from './control-decoder.ts';
import type { ScamperEnd, ScamperProcessOptions } from './scamper-process.ts';
import { createTask, type RunOptions, type Task } from './task.ts';
import { Watchdog, type WatchdogOptions } from './watchdog.ts';

/** Options of a {@link ScamperDriver}, wherever its scamper runs. */
export interface CommandOptions {
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
  /** Times after which the watchdog checks the health of scamper. */
  readonly watchdog?: WatchdogOptions;
  /** Most bytes of one result. Default 16 MiB. */
  readonly mostResultBytes?: number;
}

/** Options of a {@link ScamperDriver} that starts scamper itself. */
export interface ScamperDriverOptions extends ScamperProcessOptions, CommandOptions {
  /** Called before a scamper that ended, or that the driver ended because of an unreadable message, is restarted. */
  readonly onEnd?: (end: ScamperEnd) => void;
}

/** What a {@link ScamperDriver} needs from its surroundings. */
export interface ScamperDriverCollaborators {
  readonly clock: Clock;
  /** Called with `false` when scamper fails a health check, and with `true` when it passes one again. */
  readonly onHealth?: (measures: boolean) => void;
  /** Called with what scamper sent that cannot be read. The driver ends the connection. */
  readonly onUnreadable?: (error: Error) => void;
}

/** A command that waits or runs. */
export interface RunningTask {
  /** Resolves when scamper has accepted the command; never rejects. */
  readonly started: Promise<void>;
  /** The result. Rejects with a {@link ScamperError}, or with a `ProbingError` `cancelled` when the signal fires. */
  readonly result: Promise<WartsRecord>;
}

/** A command that a healthy scamper ends within two seconds, with or without a reply. */
const HEALTH_CHECK = 'ping -c 1 -o 1 -W 1 127.0.0.1';
/** Commands that may wait; at scamper's highest rate of 10,000 packets a second this is several seconds of work. */
const MAX_WAITING = 50_000;
const MAX_USER_ID = 2 ** 31;

/**
 * Keeps a scamper process running and sends it commands over its control socket, a bounded number at a time. When scamper ends, sends
 * something unreadable or fails a health check, the driver restarts it and repeats the unfinished commands, each at most `maxAttempts` times.
 * Every command gets exactly one result or error.
 */
export class ScamperDriver {
  readonly #options: CommandOptions & Pick<ScamperDriverOptions, 'onEnd'>;
  readonly #connect: ConnectScamper;
  readonly #clock: Clock;
  readonly #onUnreadable: ((error: Error) => void) | undefined;
  readonly #waiting: Task[] = [];
  readonly #running = new Map<number, Task>();
  /** Commands that scamper has not acknowledged yet, in the order they were sent. */
  #unacknowledged: (Task | undefined)[] = [];
  #scamper: ConnectedScamper | undefined;
  #socket: Duplex | undefined;
  #nextUserId = 1;
  #isStopped = false;
  /** The restart in progress, if any; never rejects. */
  #restarting: Promise<void> | undefined;
  #failures = 0;
  readonly #over = new AbortController();
  readonly #watchdog: Watchdog;

  private constructor(
    options: CommandOptions & Pick<ScamperDriverOptions, 'onEnd'>,
    connect: ConnectScamper,
    { clock, onHealth, onUnreadable }: ScamperDriverCollaborators,
  ) {
    this.#options = options;
    this.#connect = connect;
    this.#clock = clock;
    this.#onUnreadable = onUnreadable;
    this.#watchdog = new Watchdog(options.watchdog ?? {}, {
      clock,
      running: () => this.#running.values(),
      check: (timeoutMs) => this.#check(timeoutMs),
      onLost: (tasks) => this.#takeBack(tasks),
      onUnhealthy: () => this.#socket?.destroy(),
      onHealth: (measures) => onHealth?.(measures),
    });
  }

  /** Starts scamper and connects to it. @throws {ScamperError} `startFailed` */
  static start(options: ScamperDriverOptions, collaborators: ScamperDriverCollaborators): Promise<ScamperDriver> {
    return ScamperDriver.over(() => startedScamper(options), options, collaborators);
  }

  /**
   * Sends commands to a scamper that something else provides, for instance one that has dialled in. `connect` is called once, and again whenever the
   * connection has ended, and must reject when its signal fires. Rejects with the error of the first call.
   */
  static async over(
    connect: ConnectScamper,
    options: CommandOptions & Pick<ScamperDriverOptions, 'onEnd'>,
    collaborators: ScamperDriverCollaborators,
  ): Promise<ScamperDriver> {
    const driver = new ScamperDriver(options, connect, collaborators);
    await driver.#launch();
    void driver.#watchdog.run(driver.#over.signal);
    return driver;
  }

  /** Whether scamper passed its last health check; true before the first one. */
  get measures(): boolean {
    return this.#watchdog.measures;
  }

  /** Process id of the running scamper. */
  get pid(): number | undefined {
    return this.#scamper?.pid;
  }

  /**
   * Queues a scamper command, for example `ping -c 1 192.0.2.1`. The driver inserts the option `-U` after the first word to recognise the result.
   * The signal cancels a waiting command and halts a running one.
   */
  run(command: string, signal?: AbortSignal, options: RunOptions = {}): RunningTask {
    const { promise: started, resolve: onStarted } = Promise.withResolvers<void>();
    const { promise: result, resolve, reject } = Promise.withResolvers<WartsRecord>();
    const refusal = this.#refusalOf(command) ?? (signal?.aborted ? cancelled() : undefined);
    if (refusal !== undefined) {
      reject(refusal);
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
    await this.#scamper?.stop();
    await this.#restarting;
  }

  async #launch(): Promise<void> {
    const scamper = await this.#connect(this.#over.signal);
    this.#scamper = scamper;
    // The driver may have been stopped while scamper started.
    if (this.#isStopped) return scamper.stop();
    const { stream: socket, isAttached } = scamper;
    const { mostResultBytes } = this.#options;
    const decoder = new ControlDecoder(mostResultBytes === undefined ? {} : { mostDataBytes: mostResultBytes });
    this.#socket = socket;
    this.#unacknowledged = isAttached ? [] : [undefined];
    if (!isAttached) socket.write('attach\n');
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Uint8Array) => {
      try {
        for (const message of decoder.push(chunk)) this.#receive(message);
      } catch (error) {
        // After an unreadable message the position in the stream is unknown. A new scamper gets the unfinished commands.
        socket.destroy();
        this.#onUnreadable?.(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.once('close', () => this.#recover(socket));
    if (socket.destroyed) this.#recover(socket);
    this.#fill();
  }

  /** Restarts scamper after its connection ended, with the unfinished commands at the front of the queue. */
  #recover(socket: Duplex): void {
    if (this.#isStopped || this.#socket !== socket) return;
    this.#socket = undefined;
    this.#takeBack([...this.#running.values()]);
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
    await this.#scamper?.stop();
    const end = this.#scamper?.end;
    if (end !== undefined && !this.#isStopped) onEnd?.(end);
    while (!this.#isStopped) {
      this.#failures++;
      const pauseMs = backOff({ firstMs: least, mostMs: most, jitter: 0 }, this.#failures, () => 0);
      await this.#clock.sleep(pauseMs, this.#over.signal);
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
      this.#send(task, this.#socket);
    }
  }

  #send(task: Task, socket: Duplex): void {
    task.attempts++;
    task.sentAt = this.#clock.now();
    task.isAcknowledged = false;
    this.#running.set(task.userId, task);
    this.#unacknowledged.push(task);
    socket.write(`${task.command}\n`);
  }

  /** Takes commands back from scamper. Each one whose caller still waits gets another attempt or an error. */
  #takeBack(tasks: readonly Task[]): void {
    const again: Task[] = [];
    for (const task of tasks) {
      // The task may have ended since the watchdog looked.
      if (this.#running.get(task.userId) !== task) continue;
      this.#running.delete(task.userId);
      delete task.id;
      if (task.overAt !== undefined) continue;
      if (task.attempts < task.maxAttempts) again.push(task);
      else task.reject(lost(task));
    }
    this.#waiting.unshift(...again);
    this.#fill();
  }

  /** Whether scamper ends a command within `timeoutMs`. The command does not count in the window, which lost commands may fill. */
  async #check(timeoutMs: number): Promise<boolean> {
    const socket = this.#socket;
    if (socket === undefined) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const end = (isHealthy: boolean) => (): void => resolve(isHealthy);
    const task = createTask(
      this.#takeUserId(),
      HEALTH_CHECK,
      { maxAttempts: 1, expectedMs: Number.POSITIVE_INFINITY },
      { onStarted: () => undefined, resolve: end(true), reject: end(false) },
    );
    this.#send(task, socket);
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
    this.#nextUserId = (this.#nextUserId % MAX_USER_ID) + 1;
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

const stopped = (attempts: number): ScamperError =>
  new ScamperError('stopped', 'the scamper driver is stopped', { attempts });

const lost = ({ command, attempts }: Task): ScamperError =>
  new ScamperError('stopped', `scamper ended, or lost the command, ${attempts} times during '${command}'`, {
    attempts,
  });
