import type { ToAgent, ToController } from '../messages/messages.ts';
import type { Outcome, Work } from '../messages/work.ts';

/** Does what an agent is asked to. Never rejects for what the network does; an outcome says it. */
export type Perform = (work: Work, signal: AbortSignal) => Promise<Outcome>;

/**
 * The agent's side of a session: what it is doing, and what it has done and does not know to have arrived. Both outlive
 * a connection, so that nothing is lost and nothing done twice.
 */
export class AgentWork {
  readonly #perform: Perform;
  readonly #running = new Map<number, AbortController>();
  readonly #done = new Map<number, Outcome>();
  #send: ((message: ToController) => void) | undefined;
  #session: string | undefined;
  #idle: (() => void) | undefined;
  #isStopping = false;

  constructor(collaborators: { readonly perform: Perform }) {
    this.#perform = collaborators.perform;
  }

  /** Name of the session to go on with. */
  get session(): string | undefined {
    return this.#session;
  }

  /** Work of the session that the controller need not send again. */
  get known(): number[] {
    return [...this.#running.keys(), ...this.#done.keys()];
  }

  /** Pieces of work under way. */
  get running(): number {
    return this.#running.size;
  }

  /** The controller has taken the session up. A new session forgets the work of the one before. */
  welcome(session: string, resumed: boolean, send: (message: ToController) => void): void {
    if (!resumed) {
      for (const task of this.#running.values()) task.abort();
      this.#running.clear();
      this.#done.clear();
    }
    this.#session = session;
    this.#send = send;
    for (const [id, outcome] of this.#done) send({ type: 'done', id, outcome });
  }

  /** The connection is gone; work goes on. */
  detach(): void {
    this.#send = undefined;
  }

  receive(message: Extract<ToAgent, { type: 'work' | 'cancel' | 'received' }>): void {
    if (message.type === 'work') {
      if (this.#isStopping) return;
      if (!this.#running.has(message.id) && !this.#done.has(message.id)) void this.#run(message.id, message.work);
    } else if (message.type === 'cancel') {
      this.#running.get(message.id)?.abort();
      this.#running.delete(message.id);
      this.#done.delete(message.id);
      this.#checkIdle();
    } else {
      for (const id of message.ids) this.#done.delete(id);
      this.#checkIdle();
    }
  }

  /** Takes no more work, which is left to the next run of this agent; resolves when everything under way has been reported. */
  drain(): Promise<void> {
    this.#isStopping = true;
    return new Promise((resolve) => {
      this.#idle = resolve;
      this.#checkIdle();
    });
  }

  async #run(id: number, work: Work): Promise<void> {
    const task = new AbortController();
    this.#running.set(id, task);
    let outcome: Outcome;
    try {
      outcome = await this.#perform(work, task.signal);
    } catch (error) {
      const message = (error instanceof Error ? error.message : String(error)).slice(0, 1_000);
      outcome = { kind: 'failed', code: 'proberStopped', message };
    }
    if (this.#running.get(id) !== task) return;
    this.#running.delete(id);
    this.#done.set(id, outcome);
    this.#send?.({ type: 'done', id, outcome });
  }

  #checkIdle(): void {
    if (this.#running.size === 0 && this.#done.size === 0) this.#idle?.();
  }
}
