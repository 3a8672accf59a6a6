/** An action scheduled at a time. */
export interface ScheduledEvent {
  readonly at: number;
  readonly order: number;
  /** Whether no pending promise can depend on the action. */
  readonly isInternal: boolean;
  /** Cleared to cancel: the heap drops it when its turn comes, or earlier. */
  action: (() => void) | undefined;
}

/** A binary heap of events: earliest first, first scheduled first among equals. */
export class EventHeap {
  #events: ScheduledEvent[] = [];
  #scheduled = 0;
  #cancelled = 0;

  get size(): number {
    return this.#events.length;
  }

  push(at: number, action: () => void, isInternal = false): ScheduledEvent {
    const event: ScheduledEvent = { at, order: this.#scheduled++, isInternal, action };
    this.#events.push(event);
    this.#siftUp(this.#events.length - 1);
    return event;
  }

  /** Cancels `event`. */
  cancel(event: ScheduledEvent): void {
    if (event.action === undefined) return;
    event.action = undefined;
    this.#cancelled++;
    if (this.#cancelled > 1000 && this.#cancelled * 2 > this.#events.length) this.#compact();
  }

  /** Returns the earliest event that is not cancelled. */
  peek(): ScheduledEvent | undefined {
    while (this.#events.length > 0 && this.#events[0].action === undefined) {
      this.#remove();
      this.#cancelled--;
    }
    return this.#events[0];
  }

  /** Removes and returns the earliest event that is not cancelled. */
  pop(): ScheduledEvent | undefined {
    const event = this.peek();
    if (event !== undefined) this.#remove();
    return event;
  }

  #remove(): void {
    const last = this.#events.pop();
    if (last === undefined || this.#events.length === 0) return;
    this.#events[0] = last;
    this.#siftDown(0);
  }

  #compact(): void {
    this.#events = this.#events.filter((event) => event.action !== undefined);
    this.#cancelled = 0;
    for (let i = (this.#events.length >> 1) - 1; i >= 0; i--) this.#siftDown(i);
  }

  #siftUp(start: number): void {
    const events = this.#events;
    const event = events[start];
    let at = start;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, events[parent])) break;
      events[at] = events[parent];
      at = parent;
    }
    events[at] = event;
  }

  #siftDown(start: number): void {
    const events = this.#events;
    const event = events[start];
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1], events[child])) child++;
      if (!isBefore(events[child], event)) break;
      events[at] = events[child];
      at = child;
    }
    events[at] = event;
  }
}

const isBefore = (a: ScheduledEvent, b: ScheduledEvent): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);
