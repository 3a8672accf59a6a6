import { orCancelled } from '@revtr/probing';
import type { AuditLog } from './audit-log.ts';

/** Work whose probes the audit records. It does not begin while the audit cannot record, and is interrupted when that begins. */
export class RecordedWork {
  #interrupting = new AbortController();
  /** Resolved when probes can be recorded again; `undefined` while they can. */
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(audit: Pick<AuditLog, 'canRecord' | 'onChange'>) {
    if (!audit.canRecord) this.#waiting = Promise.withResolvers();
    audit.onChange((canRecord) => {
      if (canRecord) {
        this.#waiting?.resolve();
        this.#waiting = undefined;
        return;
      }
      this.#waiting ??= Promise.withResolvers();
      this.#interrupting.abort();
      this.#interrupting = new AbortController();
    });
  }

  /**
   * Runs work while its probes can be recorded. Work that was interrupted begins again when they can.
   * @throws {ProbingError} `cancelled` when `signal` fires, and what the work rejects with
   */
  async run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      while (this.#waiting !== undefined) await orCancelled(this.#waiting.promise, signal);
      const done = await this.#attempt(work, signal);
      if (done !== undefined) return done.result;
    }
  }

  /**
   * Runs work that is not worth waiting for. Returns `undefined` when its probes cannot be recorded, or cannot any more.
   * @throws {ProbingError} `cancelled` when `signal` fires, and what the work rejects with
   */
  async runOnce<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T | undefined> {
    if (this.#waiting !== undefined) return undefined;
    return (await this.#attempt(work, signal))?.result;
  }

  /** Returns `undefined` when the work was interrupted. */
  async #attempt<T>(
    work: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
  ): Promise<{ readonly result: T } | undefined> {
    const interrupted = this.#interrupting.signal;
    try {
      return { result: await work(AbortSignal.any([signal, interrupted])) };
    } catch (error) {
      if (signal.aborted || !interrupted.aborted) throw error;
      return undefined;
    }
  }
}
