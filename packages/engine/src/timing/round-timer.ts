import type { Clock } from '@revtr/probing';
import type { RoundDeadline } from './round-deadline.ts';

export interface RoundTimerOptions {
  readonly deadline: RoundDeadline;
  /** Whether nobody waits for probes that have not left once there is a useful answer. */
  readonly endsWhenUseful: boolean;
}

export interface RoundTimerCollaborators {
  readonly clock: Clock;
  /** Ends the timer. */
  readonly signal: AbortSignal;
  readonly onEnd: () => void;
}

/**
 * How long a round waits for a host to send its probe, milliseconds. Probes of a system that is not overloaded leave much sooner. A host that accepts
 * probes and never sends them must not keep the measurements of others.
 */
const MOST_QUEUED_MS = 3_000;

/** Ends a round at its deadline, which counts from when the last of its probes has left, or should have left. */
export class RoundTimer {
  readonly #options: RoundTimerOptions;
  readonly #collaborators: RoundTimerCollaborators;
  readonly #startedAt: number;
  #firstAnswerMs: number | undefined;
  #firstUsefulMs: number | undefined;
  /** When the last probe left, and the one that had the first useful answer, milliseconds after the start. */
  #lastLeftMs = 0;
  #usefulLeftMs = 0;
  #queued = 0;
  /** Until when the round waits for queued probes to leave, milliseconds after the start. */
  #mostQueuedMs = 0;
  /** When the timer fires, milliseconds after the start. */
  #firesAtMs = Number.POSITIVE_INFINITY;

  constructor(options: RoundTimerOptions, collaborators: RoundTimerCollaborators) {
    this.#options = options;
    this.#collaborators = collaborators;
    this.#startedAt = collaborators.clock.now();
  }

  get hasUsefulAnswer(): boolean {
    return this.#firstUsefulMs !== undefined;
  }

  /** Time since the start of the round, milliseconds. */
  get elapsedMs(): number {
    return this.#collaborators.clock.now() - this.#startedAt;
  }

  /** A probe leaves so many milliseconds after the start. */
  noteLeaving(ms: number): void {
    this.#lastLeftMs = Math.max(this.#lastLeftMs, ms);
  }

  /** A probe waits for the host that sends it. Returns until when the round waits for that, milliseconds after the start. */
  noteQueued(): number {
    this.#queued++;
    const untilMs = this.elapsedMs + MOST_QUEUED_MS;
    this.#mostQueuedMs = Math.max(this.#mostQueuedMs, untilMs);
    return untilMs;
  }

  /** A probe that was queued leaves so many milliseconds after the start. */
  noteLeft(ms: number): void {
    this.#queued--;
    this.noteLeaving(ms);
    this.check();
  }

  /** An answer has arrived. */
  noteAnswer(waitedMs: number, isUseful: boolean): void {
    this.#firstAnswerMs ??= waitedMs;
    if (isUseful && this.#firstUsefulMs === undefined) this.#noteUseful(waitedMs);
    this.check();
  }

  /** An answer to a probe of an earlier round counts as a useful one of this round. */
  noteUseful(): void {
    if (this.#firstUsefulMs === undefined) this.#noteUseful(this.elapsedMs);
    this.check();
  }

  /** Sets the timer by what is known now. */
  check(): void {
    const { clock, signal, onEnd } = this.#collaborators;
    const atMs = this.#endsAtMs;
    if (atMs >= this.#firesAtMs) return;
    this.#firesAtMs = atMs;
    const fire = (): void => {
      if (this.#firesAtMs !== atMs) return;
      // Probes may have left since, or may still wait to leave.
      if (this.#endsAtMs <= atMs) onEnd();
      else {
        this.#firesAtMs = Number.POSITIVE_INFINITY;
        this.check();
      }
    };
    clock.sleep(Math.max(0, atMs - this.elapsedMs), signal).then(fire, () => undefined);
  }

  get #endsAtMs(): number {
    const { deadline, endsWhenUseful } = this.#options;
    const afterLeavingMs = deadline({ firstAnswerMs: this.#firstAnswerMs, firstUsefulMs: this.#firstUsefulMs });
    if (endsWhenUseful && this.hasUsefulAnswer) return this.#usefulLeftMs + afterLeavingMs;
    return Math.max(this.#lastLeftMs, this.#queued > 0 ? this.#mostQueuedMs : 0) + afterLeavingMs;
  }

  #noteUseful(waitedMs: number): void {
    this.#firstUsefulMs = waitedMs;
    this.#usefulLeftMs = this.elapsedMs - waitedMs;
  }
}
