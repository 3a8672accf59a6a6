import { randomUUID } from 'node:crypto';
import type { Ipv4Address } from '@revtr/net';
import { cancelled } from '@revtr/probing';
import { LinkError } from '../errors.ts';
import { MOST_IDS } from '../messages/limits.ts';
import type { ToAgent } from '../messages/to-agent.ts';
import type { AgentHealth, SelfTest } from '../messages/to-controller.ts';
import type { Outcome, Work } from '../messages/work.ts';
import { GatheredIds, inGroups } from './gathered-ids.ts';

/** What an agent reports about itself when it connects. */
export interface AgentProfile {
  /** Name and version of the program. */
  readonly software: string;
  /** Most probes that the agent accepts at once, 1 to 10,000. */
  readonly window: number;
  /** Whether the agent never receives spoofed replies. */
  readonly senderOnly: boolean;
  readonly selfTests: readonly SelfTest[];
}

/** How to run a piece of work. */
export interface RunOptions {
  /** How long the agent may take, milliseconds; 15 seconds for transfer and its queue are added. The wait for a place in its window comes before. */
  readonly timeoutMs: number;
  /** Whether the agent only listens, which does not count towards its window. Default false. */
  readonly isListening?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Context of a trace that the agent continues (a `traceparent` of W3C Trace Context). Default: none. */
  readonly trace?: string | undefined;
  /**
   * Called when the work does not wait for a place in the agent's window any longer: the agent has it, or is not connected. It may be called
   * again.
   */
  readonly onGiven?: (() => void) | undefined;
}

interface Task {
  readonly id: number;
  /** Builds the work each time that an agent process receives it, because a second process needs a new grant. */
  readonly build: () => Work;
  readonly isListening: boolean;
  readonly timeoutMs: number;
  readonly trace: string | undefined;
  readonly onGiven: (() => void) | undefined;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
  readonly release: () => void;
  /** The session that the task waits in; a later session may take it over. */
  owner: AgentSession;
  /** Number of agent processes that received the task. */
  attempts: number;
  timer?: NodeJS.Timeout;
}

/** Time for transfer to the agent and back and for its queue, milliseconds. */
const ANSWER_MS = 15_000;
/** Most agent processes that receive the same task: it may be what ends them. */
const MOST_ATTEMPTS = 2;
/** Most tasks at once that only listen. */
const MOST_LISTENING = 5_000;
/**
 * How long acknowledgements are gathered, milliseconds, and how many: an agent keeps its outcomes until it has them, and a program that ends waits
 * for them. Nothing else depends on them.
 */
const ACKNOWLEDGEMENTS = { forMs: 500, most: 100 } as const;
/** How long cancellations are gathered. */
const CANCELLATIONS = { forMs: 0, most: MOST_IDS } as const;
/** Most tasks that wait for a place in the agent's window, and how long they wait at most, milliseconds: an agent may never answer. */
const MOST_WAITING = 50_000;
const MOST_WAIT_MS = 600_000;

/**
 * The controller's side of one run of an agent process, over any number of connections. The agent never has more probes at once
 * than its window; other work waits here, in a bounded queue. Every piece of work ends once.
 */
export class AgentSession {
  readonly id = randomUUID();
  readonly address: Ipv4Address;
  readonly profile: AgentProfile;
  readonly #waiting: Task[] = [];
  readonly #sent = new Map<number, Task>();
  readonly #received: GatheredIds;
  readonly #cancelled: GatheredIds;
  #probing = 0;
  #send: ((message: ToAgent) => void) | undefined;
  #nextId: number;
  /** How this session ended. Calls are forwarded to the successor, if there is one. */
  #over: { readonly successor?: AgentSession; readonly reason: string } | undefined;

  /** What the agent last reported about its prober; `undefined` before its first report. */
  health: AgentHealth | undefined;

  /** `predecessor`: the session of an earlier run of the same agent, whose unfinished work this session takes over. */
  constructor(options: {
    readonly address: Ipv4Address;
    readonly profile: AgentProfile;
    readonly predecessor?: AgentSession | undefined;
  }) {
    this.address = options.address;
    this.profile = options.profile;
    this.#received = new GatheredIds(ACKNOWLEDGEMENTS, (ids) => this.#send?.({ type: 'received', ids }));
    this.#cancelled = new GatheredIds(CANCELLATIONS, (ids) => this.#send?.({ type: 'cancel', ids }));
    const { predecessor } = options;
    this.#nextId = predecessor === undefined ? 0 : predecessor.#nextId;
    if (predecessor === undefined) return;
    predecessor.#over = { successor: this, reason: 'the agent was restarted' };
    predecessor.#send = undefined;
    for (const task of predecessor.#handOver()) {
      task.owner = this;
      if (task.attempts < MOST_ATTEMPTS) this.#await(task);
      else this.#fail(task, new LinkError('closed', 'the agent was restarted several times', {}));
    }
  }

  get isConnected(): boolean {
    return this.#send !== undefined;
  }

  /** Pieces of work that have not ended. */
  get unfinished(): number {
    return this.#waiting.length + this.#sent.size;
  }

  /** Runs a piece of work. @throws {LinkError} `closed`, `overloaded`; {ProbingError} `cancelled` */
  run(build: () => Work, options: RunOptions): Promise<Outcome> {
    if (this.#over?.successor !== undefined) return this.#over.successor.run(build, options);
    const { timeoutMs, isListening = false, signal, trace, onGiven } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      if (this.#over !== undefined) return reject(new LinkError('closed', this.#over.reason, {}));
      if (this.#waiting.length >= MOST_WAITING)
        return reject(new LinkError('overloaded', 'too much work waits for the agent', { limit: MOST_WAITING }));
      const cancel = (): void => task.owner.#cancel(task);
      const task: Task = {
        id: this.#nextId++,
        build,
        isListening,
        timeoutMs,
        trace,
        onGiven,
        resolve,
        reject,
        release: () => signal?.removeEventListener('abort', cancel),
        owner: this,
        attempts: 0,
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#await(task);
      this.#fill();
      if (!this.isConnected) onGiven?.();
    });
  }

  /** A connection begins. `known`: work of this session that the agent still has. */
  attach(send: (message: ToAgent) => void, known: ReadonlySet<number>): void {
    this.#send = send;
    // The agent reports the work that it knows; the rest never arrived and is sent again.
    for (const task of this.#sent.values()) if (!known.has(task.id)) this.#give(task);
    const unwanted = [...known].filter((id) => !this.#sent.has(id));
    for (const ids of inGroups(unwanted)) send({ type: 'cancel', ids });
    this.#fill();
  }

  /** The connection ended; the work stays. */
  detach(): void {
    this.#send = undefined;
    for (const { onGiven } of this.#waiting) onGiven?.();
  }

  /** Takes the outcome of a piece of work. Outcomes of unknown work are acknowledged too, or the agent would repeat them. */
  receive(id: number, outcome: Outcome): void {
    this.#received.add(id);
    const task = this.#sent.get(id);
    if (task === undefined) return;
    this.#forget(task);
    task.resolve(outcome);
    this.#fill();
  }

  /** Ends all work. */
  end(reason: string): void {
    this.#over = { reason };
    this.#send = undefined;
    for (const task of this.#handOver()) this.#fail(task, new LinkError('closed', reason, {}));
  }

  /** Lets a task wait for a place in the agent's window. */
  #await(task: Task): void {
    this.#waiting.push(task);
    task.timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(task), 1);
      this.#fail(task, new LinkError('closed', 'the agent did not take the work', {}));
    }, MOST_WAIT_MS);
  }

  #fill(): void {
    while (this.#send !== undefined) {
      const at = this.#waiting.findIndex(({ isListening }) =>
        isListening ? this.#sent.size - this.#probing < MOST_LISTENING : this.#probing < this.profile.window,
      );
      if (at < 0) return;
      const [task] = this.#waiting.splice(at, 1);
      this.#sent.set(task.id, task);
      if (!task.isListening) this.#probing++;
      task.attempts++;
      clearTimeout(task.timer);
      task.timer = setTimeout(() => this.#expire(task), task.timeoutMs + ANSWER_MS);
      this.#give(task);
    }
  }

  #give(task: Task): void {
    const { id, trace } = task;
    this.#send?.({ type: 'work', id, work: task.build(), ...(trace !== undefined && { trace }) });
    task.onGiven?.();
  }

  #expire(task: Task): void {
    this.#cancelled.add(task.id);
    this.#forget(task);
    this.#fail(task, new LinkError('closed', 'the agent did not answer', {}));
    this.#fill();
  }

  #cancel(task: Task): void {
    const at = this.#waiting.indexOf(task);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (this.#sent.has(task.id)) {
      this.#cancelled.add(task.id);
      this.#forget(task);
    }
    this.#fail(task, cancelled());
    this.#fill();
  }

  #fail(task: Task, error: Error): void {
    clearTimeout(task.timer);
    task.release();
    task.reject(error);
  }

  #forget(task: Task): void {
    if (!this.#sent.delete(task.id)) return;
    if (!task.isListening) this.#probing--;
    clearTimeout(task.timer);
    task.release();
  }

  /** Removes all unfinished work from this session and returns it. */
  #handOver(): Task[] {
    const tasks = [...this.#sent.values(), ...this.#waiting.splice(0)];
    for (const { timer } of tasks) clearTimeout(timer);
    this.#sent.clear();
    this.#probing = 0;
    return tasks;
  }
}
