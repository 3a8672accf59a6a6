import { setFlagsFromString } from 'node:v8';
import type { Clock } from '@revtr/probing';
import { Periodic } from './periodic.ts';

export interface HeapGrowthCollaborators {
  /** Measurements that are under way. */
  readonly underWay: () => number;
  readonly clock: Clock;
  /** Sets a flag of V8. Default: that of this process. */
  readonly setFlag?: (flag: string) => void;
}

/**
 * Memory that the heap may take beyond what is in use before V8 collects all of it, per cent of the latter. By default V8 waits until it is up to
 * four times as large, although almost nothing that a long answer needs is used for longer than milliseconds.
 */
const GROWTH_PERCENT = 50;
/** The same while many measurements are under way: what they hold lives for seconds, so that a collection costs more and frees less. */
const MEASURING_PERCENT = 150;
const MANY = 20;
const LOOK_MS = 1_000;

/** Weighs the memory of this process against the processor time for collecting garbage. */
export class HeapGrowth {
  readonly #collaborators: HeapGrowthCollaborators;
  readonly #looking: Periodic;
  #percent: number | undefined;

  constructor(collaborators: HeapGrowthCollaborators) {
    this.#collaborators = collaborators;
    const { clock } = collaborators;
    this.#looking = new Periodic(
      { everyMs: LOOK_MS, isImmediate: true },
      { clock, work: async () => this.#look(), onError: () => undefined },
    );
  }

  start(): void {
    this.#looking.start();
  }

  stop(): Promise<void> {
    return this.#looking.stop();
  }

  #look(): void {
    const { underWay, setFlag = setFlagsFromString } = this.#collaborators;
    const percent = underWay() >= MANY ? MEASURING_PERCENT : GROWTH_PERCENT;
    if (percent === this.#percent) return;
    this.#percent = percent;
    setFlag(`--heap-growing-percent=${percent}`);
  }
}
