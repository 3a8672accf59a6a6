/** A part of a run, which ends when so many measurements are stored. */
interface StorageStep {
  readonly stored: number;
  /** Processor time of this process for each measurement of the step, milliseconds. */
  readonly processorMs: number;
  readonly perSecond: number;
}

const STEPS = 10;

/** Follows the processor time of this process while measurements are stored, in up to ten steps. */
export class StorageSteps {
  readonly #each: number;
  readonly #startedAt = performance.now();
  readonly #cpuBefore = process.cpuUsage();
  readonly #marks: { readonly stored: number; readonly ms: number; readonly cpuMs: number }[] = [
    { stored: 0, ms: 0, cpuMs: 0 },
  ];
  /** @param measurements how many will be stored in all */
  constructor(measurements: number) {
    this.#each = measurements / STEPS;
  }

  /** Notes that so many measurements are stored by now. */
  note(stored: number): void {
    const last = this.#marks[this.#marks.length - 1];
    if (stored - last.stored >= this.#each) this.#mark(stored);
  }

  /** Figures of all steps together, and of each: how they change as the database grows. `stored`: how many measurements are stored in the end. */
  report(stored: number) {
    if (stored > this.#marks[this.#marks.length - 1].stored) this.#mark(stored);
    const last = this.#marks[this.#marks.length - 1];
    const growth = this.#marks.slice(1).map((mark, i): StorageStep => {
      const before = this.#marks[i];
      const count = mark.stored - before.stored;
      return {
        stored: mark.stored,
        processorMs: thousandths((mark.cpuMs - before.cpuMs) / count),
        perSecond: Math.round((count * 1000) / (mark.ms - before.ms)),
      };
    });
    return { seconds: thousandths(last.ms / 1000), processorMs: thousandths(last.cpuMs / last.stored), growth };
  }

  #mark(stored: number): void {
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    this.#marks.push({ stored, ms: performance.now() - this.#startedAt, cpuMs: (user + system) / 1000 });
  }
}

const thousandths = (value: number): number => Math.round(1000 * value) / 1000;
