import { randomUUID } from 'node:crypto';
import type { Ipv4Address } from '@revtr/net';
import { cancelled } from '@revtr/probing';
import { LinkError } from '../errors.ts';
import type { SelfTest, ToAgent } from '../messages/messages.ts';
import type { Outcome, Work } from '../messages/work.ts';

/** What an agent says about itself when it connects. */
export interface AgentProfile {
  readonly software: string;
  /** Most probes to give it at once. */
  readonly window: number;
  readonly senderOnly: boolean;
  readonly selfTests: readonly SelfTest[];
}

/** How a piece of work is run. */
export interface RunOptions {
  /** How long the agent itself may take, milliseconds. */
  readonly timeoutMs: number;
  /** Whether the agent only listens: that does not count as a probe. Default false. */
  readonly isListening?: boolean;
  readonly signal?: AbortSignal | undefined;
}

interface Task {
  readonly id: number;
  /** Makes the work anew each time it is given to an agent: a grant for a second process must be a new one. */
  readonly build: () => Work;
  readonly isListening: boolean;
  readonly timeoutMs: number;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
  readonly release: () => void;
  /** The session that it waits in: it may be handed over. */
  owner: AgentSession;
  /** How many agent processes it was given to. */
  attempts: number;
  timer?: NodeJS.Timeout;
}

/** Time for the way to the agent and back, and its queue, beyond what the work itself takes. */
const ANSWER_MS = 15_000;
/** An agent process that work ended must not be followed by others for ever. */
const MOST_ATTEMPTS = 2;
/** Listening costs an agent next to nothing, but not nothing. */
const MOST_LISTENING = 5_000;

/**
 * The controller's side of one run of an agent, over as many connections as it takes. It never gives the agent more probes
 * at once than it asked for; the others wait here. Every piece of work ends once.
 */
export class AgentSession {
  readonly id = randomUUID();
  readonly address: Ipv4Address;
  readonly profile: AgentProfile;
  readonly #waiting: Task[] = [];
  readonly #sent = new Map<number, Task>();
  #probing = 0;
  #send: ((message: ToAgent) => void) | undefined;
  #nextId: number;
  /** What has become of this session: whoever still holds it is led on. */
  #over: { readonly successor?: AgentSession; readonly reason: string } | undefined;

  /** `predecessor`: the session of an earlier run of the same agent, whose unfinished work is taken over. */
  constructor(options: {
    readonly address: Ipv4Address;
    readonly profile: AgentProfile;
    readonly predecessor?: AgentSession | undefined;
  }) {
    this.address = options.address;
    this.profile = options.profile;
    const { predecessor } = options;
    this.#nextId = predecessor === undefined ? 0 : predecessor.#nextId;
    if (predecessor === undefined) return;
    predecessor.#over = { successor: this, reason: 'the agent was started anew' };
    predecessor.#send = undefined;
    for (const task of predecessor.#handOver()) {
      task.owner = this;
      if (task.attempts < MOST_ATTEMPTS) this.#waiting.push(task);
      else this.#fail(task, new LinkError('closed', 'the agent ended several times meanwhile'));
    }
  }

  get isConnected(): boolean {
    return this.#send !== undefined;
  }

  /** Pieces of work that have not ended. */
  get unfinished(): number {
    return this.#waiting.length + this.#sent.size;
  }

  /** Gives the agent something to do. @throws {LinkError} `closed`; {ProbingError} `cancelled` */
  run(build: () => Work, options: RunOptions): Promise<Outcome> {
    if (this.#over?.successor !== undefined) return this.#over.successor.run(build, options);
    const { timeoutMs, isListening = false, signal } = options;
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      if (this.#over !== undefined) return reject(new LinkError('closed', this.#over.reason));
      const cancel = (): void => task.owner.#cancel(task);
      const task: Task = {
        id: this.#nextId++,
        build,
        isListening,
        timeoutMs,
        resolve,
        reject,
        release: () => signal?.removeEventListener('abort', cancel),
        owner: this,
        attempts: 0,
      };
      signal?.addEventListener('abort', cancel, { once: true });
      this.#waiting.push(task);
      this.#fill();
    });
  }

  /** A connection is there; `known` is the work that the agent still has from the one before. */
  attach(send: (message: ToAgent) => void, known: ReadonlySet<number>): void {
    this.#send = send;
    // What never arrived is sent again; the agent knows the rest, and will report it.
    for (const task of this.#sent.values()) if (!known.has(task.id)) this.#give(task);
    for (const id of known) if (!this.#sent.has(id)) send({ type: 'cancel', id });
    this.#fill();
  }

  /** The connection is gone; the work stays. */
  detach(): void {
    this.#send = undefined;
  }

  /** Takes what became of a piece of work. What is not known any more is acknowledged all the same. */
  receive(id: number, outcome: Outcome): void {
    this.#send?.({ type: 'received', ids: [id] });
    const task = this.#sent.get(id);
    if (task === undefined) return;
    this.#forget(task);
    task.resolve(outcome);
    this.#fill();
  }

  /** Sends a message that is not about work; nothing happens without a connection. */
  tell(message: ToAgent): void {
    this.#send?.(message);
  }

  /** Ends all work. */
  end(reason: string): void {
    this.#over = { reason };
    this.#send = undefined;
    for (const task of this.#handOver()) this.#fail(task, new LinkError('closed', reason));
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
      task.timer = setTimeout(() => this.#expire(task), task.timeoutMs + ANSWER_MS);
      this.#give(task);
    }
  }

  #give(task: Task): void {
    this.#send?.({ type: 'work', id: task.id, work: task.build() });
  }

  #expire(task: Task): void {
    this.#send?.({ type: 'cancel', id: task.id });
    this.#forget(task);
    this.#fail(task, new LinkError('closed', 'the agent did not answer'));
    this.#fill();
  }

  #cancel(task: Task): void {
    const at = this.#waiting.indexOf(task);
    if (at >= 0) this.#waiting.splice(at, 1);
    else if (this.#sent.has(task.id)) {
      this.#send?.({ type: 'cancel', id: task.id });
      this.#forget(task);
    }
    this.#fail(task, cancelled());
    this.#fill();
  }

  #fail(task: Task, error: Error): void {
    task.release();
    task.reject(error);
  }

  #forget(task: Task): void {
    if (!this.#sent.delete(task.id)) return;
    if (!task.isListening) this.#probing--;
    clearTimeout(task.timer);
    task.release();
  }

  /** All unfinished work, which is no longer this session's. */
  #handOver(): Task[] {
    const tasks = [...this.#sent.values(), ...this.#waiting.splice(0)];
    for (const { timer } of tasks) clearTimeout(timer);
    this.#sent.clear();
    this.#probing = 0;
    return tasks;
  }
}
