import { MOST_FAILURE_CHARACTERS, MOST_KNOWN } from '../messages/limits.ts';
import type { ToAgent } from '../messages/to-agent.ts';
import type { ToController } from '../messages/to-controller.ts';
import { type Outcome, outcomeSchema, type Work } from '../messages/work.ts';

/**
 * Performs a piece of work. Failures of the network are outcomes; it does not reject for them. `trace`: context of the trace that it belongs to, as the
 * controller has sent it.
 */
export type Perform = (work: Work, signal: AbortSignal, trace?: string) => Promise<Outcome>;

/** Why work ends early. One value for all: making errors is costly. */
const UNWANTED = 'the controller does not want it any more';
const TOO_MUCH = failure('the agent has too much work');

/**
 * The agent's side of a session: running work, and outcomes that the controller has not acknowledged. Both outlive a connection,
 * which is why no work is lost and none is done twice. Together they are bounded.
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

  /** Identifier of the session to resume. */
  get session(): string | undefined {
    return this.#session;
  }

  /** Work of the session that the agent has: the controller does not send it again. */
  get known(): number[] {
    return [...this.#running.keys(), ...this.#done.keys()];
  }

  /** Number of running pieces of work. */
  get running(): number {
    return this.#running.size;
  }

  /** The controller accepted the connection. A new session aborts the work of the one before. */
  welcome(session: string, resumed: boolean, send: (message: ToController) => void): void {
    if (!resumed) {
      for (const task of this.#running.values()) task.abort(UNWANTED);
      this.#running.clear();
      this.#done.clear();
    }
    this.#session = session;
    this.#send = send;
    for (const [id, outcome] of this.#done) send({ type: 'done', id, outcome });
  }

  /** The connection that answers with `send` ended; the work goes on. Another connection may have replaced it before. */
  detach(send: (message: ToController) => void): void {
    if (this.#send === send) this.#send = undefined;
  }

  /** Takes new work, cancellations and acknowledgements. */
  receive(message: Extract<ToAgent, { type: 'work' | 'cancel' | 'received' }>): void {
    if (message.type === 'work') {
      if (this.#isStopping) return;
      if (this.#running.has(message.id) || this.#done.has(message.id)) return;
      if (this.#running.size + this.#done.size < MOST_KNOWN) void this.#run(message.id, message.work, message.trace);
      else this.#send?.({ type: 'done', id: message.id, outcome: TOO_MUCH });
    } else if (message.type === 'cancel') {
      for (const id of message.ids) {
        this.#running.get(id)?.abort(UNWANTED);
        this.#running.delete(id);
        this.#done.delete(id);
      }
      this.#checkIdle();
    } else {
      for (const id of message.ids) this.#done.delete(id);
      this.#checkIdle();
    }
  }

  /** Takes no more work. Resolves when the controller has acknowledged the outcomes of all running work. */
  drain(): Promise<void> {
    this.#isStopping = true;
    return new Promise((resolve) => {
      this.#idle = resolve;
      this.#checkIdle();
    });
  }

  async #run(id: number, work: Work, trace: string | undefined): Promise<void> {
    const task = new AbortController();
    this.#running.set(id, task);
    let outcome: Outcome;
    try {
      outcome = await this.#perform(work, task.signal, trace);
    } catch (error) {
      outcome = failure(error instanceof Error ? error.message : String(error));
    }
    if (this.#running.get(id) !== task) return;
    this.#running.delete(id);
    const acceptable = asAccepted(outcome);
    this.#done.set(id, acceptable);
    this.#send?.({ type: 'done', id, outcome: acceptable });
  }

  #checkIdle(): void {
    if (this.#running.size === 0 && this.#done.size === 0) this.#idle?.();
  }
}

function failure(message: string): Outcome {
  return { kind: 'failed', code: 'proberStopped', message };
}

/**
 * The outcome as the controller accepts it. An outcome stays until it is acknowledged, so one that ends the connection would end every later one
 * too: the message of a failure is shortened, and any other outcome that the controller would reject becomes a failure.
 */
function asAccepted(outcome: Outcome): Outcome {
  if (outcome.kind === 'failed' && outcome.message.length > MOST_FAILURE_CHARACTERS)
    return asAccepted({ ...outcome, message: outcome.message.slice(0, MOST_FAILURE_CHARACTERS) });
  const { error } = outcomeSchema.safeParse(outcome);
  if (error === undefined) return outcome;
  const [{ path, message }] = error.issues;
  const problem = `the controller does not accept the result of ${outcome.kind}: ${path.join('.')}: ${message}`;
  return failure(problem.slice(0, MOST_FAILURE_CHARACTERS));
}
