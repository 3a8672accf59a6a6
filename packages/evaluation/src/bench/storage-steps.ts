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
  #stored = 0;

  /** @param measurements how many will be stored in all */
  constructor(measurements: number) {
    this.#each = measurements / STEPS;
  }

  /** Notes that `count` more measurements are stored. */
  stored(count: number): void {
    this.#stored += count;
    const last = this.#marks[this.#marks.length - 1];
    if (this.#stored - last.stored < this.#each) return;
    const { user, system } = process.cpuUsage(this.#cpuBefore);
    this.#marks.push({ stored: this.#stored, ms: performance.now() - this.#startedAt, cpuMs: (user + system) / 1000 });
  }

  /** Figures of all steps together, and of each: how they change as the database grows. */
  report() {
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
}

const thousandths = (value: number): number => Math.round(1000 * value) / 1000;
