/** An audit of which a test says whether it can record. */
export class Recording {
  canRecord = true;
  readonly #listeners: ((canRecord: boolean) => void)[] = [];

  onChange(listener: (canRecord: boolean) => void): void {
    this.#listeners.push(listener);
  }

  set(canRecord: boolean): void {
    this.canRecord = canRecord;
    for (const tell of this.#listeners) tell(canRecord);
  }
}
