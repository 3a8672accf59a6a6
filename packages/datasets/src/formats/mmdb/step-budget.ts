import { tooLarge } from '../../errors.ts';

/** Bounds the work that a file can cause: a small file can describe a tree with 2^32 leaves. */
export class StepBudget {
  readonly #limit: number;
  #left: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  /** Takes one step. @throws {DatasetError} `tooLarge` */
  step(): void {
    if (--this.#left < 0) throw tooLarge(this.#limit, 'treeSteps');
  }
}
