import { SimError } from '../errors.ts';
import type { Topology } from '../topology/topology.ts';
import { applyEvent, INITIAL_STATE, type NetworkEvent, type NetworkState, type TimedEvent } from './network-state.ts';
import { Routing } from './routing.ts';

interface Epoch {
  /** First moment of the epoch, milliseconds since the Unix epoch. */
  readonly from: number;
  readonly state: NetworkState;
  readonly routing: Routing;
}

/** Events that happen by themselves, in order of time. */
export interface EventSource {
  /** The next event, without taking it; `undefined` when none follows. */
  readonly next: TimedEvent | undefined;
  /** Takes the next event. */
  take(): void;
}

/** Routing over time: every event starts an epoch. */
export class Timeline {
  readonly #topology: Topology;
  readonly #source: EventSource | undefined;
  readonly #epochs: Epoch[];
  readonly #scheduled: TimedEvent[] = [];
  /** Routing with all links up, whose tables later epochs share. */
  #undisturbed: Routing;
  #current = 0;

  /** @param source events that happen in addition to those added; default: none */
  constructor(topology: Topology, source?: EventSource) {
    this.#topology = topology;
    this.#source = source;
    const routing = new Routing(topology, INITIAL_STATE);
    this.#undisturbed = routing;
    this.#epochs = [{ from: Number.NEGATIVE_INFINITY, state: INITIAL_STATE, routing }];
  }

  /** Schedules `event` at `atMs`, milliseconds since the Unix epoch; events must be added in order of time, and not before a time already asked about. @throws {SimError} `eventInThePast`, `unknownLink` */
  add(event: NetworkEvent, atMs: number): void {
    const last = this.#scheduled.at(-1)?.atMs ?? this.#epochs[this.#epochs.length - 1].from;
    if (atMs < last) throw new SimError('eventInThePast', 'events must be scheduled in order of time', { atMs });
    if (event.type !== 'prepend' && !(event.interface in this.#topology.interfaces.peer)) {
      throw new SimError('unknownLink', `there is no interface ${event.interface}`, { interface: event.interface });
    }
    this.#scheduled.push({ event, atMs });
  }

  /** Returns the routing at `atMs`. */
  at(atMs: number): Routing {
    this.#advance(atMs);
    const { from, routing } = this.#epochs[this.#current];
    const until = this.#epochs[this.#current + 1]?.from ?? Number.POSITIVE_INFINITY;
    if (from <= atMs && atMs < until) return routing;
    this.#current = this.#find(atMs);
    return this.#epochs[this.#current].routing;
  }

  /** Starts the epochs of all events until `atMs`. */
  #advance(atMs: number): void {
    for (;;) {
      const [scheduled] = this.#scheduled;
      const next = this.#source?.next;
      const isOwn = scheduled !== undefined && !(next !== undefined && next.atMs < scheduled.atMs);
      const earliest = isOwn ? scheduled : next;
      if (earliest === undefined || earliest.atMs > atMs) return;
      if (isOwn) this.#scheduled.shift();
      else this.#source?.take();
      const state = applyEvent(this.#topology, this.#epochs[this.#epochs.length - 1].state, earliest.event);
      if (earliest.event.type === 'prepend') {
        const undisturbed = { ...INITIAL_STATE, prepends: state.prepends };
        this.#undisturbed = new Routing(this.#topology, undisturbed, this.#epochs[0].routing);
      }
      this.#epochs.push({ from: earliest.atMs, state, routing: new Routing(this.#topology, state, this.#undisturbed) });
    }
  }

  /** The last epoch that starts at or before `atMs`. */
  #find(atMs: number): number {
    let [low, high] = [0, this.#epochs.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#epochs[middle].from <= atMs) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
