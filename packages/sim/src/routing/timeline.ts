import { SimError } from '../errors.ts';
import type { Topology } from '../topology/topology.ts';
import { applyEvent, INITIAL_STATE, type NetworkEvent, type NetworkState, type TimedEvent } from './network-state.ts';
import { Routing } from './routing.ts';

interface Epoch {
  /** First moment of the epoch, milliseconds since the Unix epoch. */
  readonly from: number;
  readonly state: NetworkState;
  /** Routing with all links up and the prepending of the epoch, whose tables it shares. */
  readonly undisturbed: Routing | undefined;
  routing: Routing | undefined;
}

/** Epochs whose routing is kept. That of others is made again when somebody asks about them. */
const MOST_ROUTINGS = 64;

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
  readonly #usual: Routing;
  /** Epochs with routing, the oldest one first. */
  readonly #kept: Epoch[] = [];
  #undisturbed: Routing;
  #current = 0;

  /** @param source events that happen in addition to those added; default: none */
  constructor(topology: Topology, source?: EventSource) {
    this.#topology = topology;
    this.#source = source;
    this.#usual = new Routing(topology, INITIAL_STATE);
    this.#undisturbed = this.#usual;
    this.#epochs = [
      { from: Number.NEGATIVE_INFINITY, state: INITIAL_STATE, undisturbed: undefined, routing: this.#usual },
    ];
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
    const { from } = this.#epochs[this.#current];
    const until = this.#epochs[this.#current + 1]?.from ?? Number.POSITIVE_INFINITY;
    if (from > atMs || atMs >= until) this.#current = this.#find(atMs);
    const epoch = this.#epochs[this.#current];
    return epoch.routing ?? this.#routingOf(epoch);
  }

  /** Forgets the epochs that ended before `atMs`: nobody must ask about them any more. */
  forgetBefore(atMs: number): void {
    this.#advance(atMs);
    const first = this.#find(atMs);
    const forgotten = new Set(this.#epochs.splice(0, first));
    for (let i = this.#kept.length - 1; i >= 0; i--) if (forgotten.has(this.#kept[i])) this.#kept.splice(i, 1);
    this.#current = 0;
  }

  #routingOf(epoch: Epoch): Routing {
    const routing = new Routing(this.#topology, epoch.state, epoch.undisturbed);
    epoch.routing = routing;
    this.#kept.push(epoch);
    const dropped = this.#kept.length > MOST_ROUTINGS ? this.#kept.shift() : undefined;
    if (dropped !== undefined) dropped.routing = undefined;
    return routing;
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
        this.#undisturbed = new Routing(this.#topology, undisturbed, this.#usual);
      }
      this.#epochs.push({ from: earliest.atMs, state, undisturbed: this.#undisturbed, routing: undefined });
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
