import { SimError } from '../errors.ts';
import type { Topology } from '../topology/topology.ts';
import { applyEvent, INITIAL_STATE, type NetworkEvent, type NetworkState } from './network-state.ts';
import { Routing } from './routing.ts';

interface Epoch {
  /** First moment of the epoch, milliseconds since the Unix epoch. */
  readonly from: number;
  readonly state: NetworkState;
  /** Absent until it is asked for: most epochs of a long timeline never are. */
  routing?: Routing;
}

/** Routing over time: every event starts an epoch. */
export class Timeline {
  readonly #topology: Topology;
  readonly #epochs: Epoch[];
  #last = 0;

  constructor(topology: Topology) {
    this.#topology = topology;
    this.#epochs = [{ from: Number.NEGATIVE_INFINITY, state: INITIAL_STATE }];
  }

  /** Schedules `event` at `atMs`, milliseconds since the Unix epoch; events must be added in order of time. @throws {SimError} `eventInThePast`, `unknownLink` */
  add(event: NetworkEvent, atMs: number): void {
    const last = this.#epochs[this.#epochs.length - 1];
    if (atMs < last.from) throw new SimError('eventInThePast', 'events must be scheduled in order of time', { atMs });
    if (event.type !== 'prepend' && !(event.interface in this.#topology.interfaces.peer)) {
      throw new SimError('unknownLink', `there is no interface ${event.interface}`, { interface: event.interface });
    }
    const state = applyEvent(this.#topology, last.state, event);
    this.#epochs.push({ from: atMs, state });
  }

  /** Returns the routing at `atMs`. */
  at(atMs: number): Routing {
    const epoch = this.#epochAt(atMs);
    epoch.routing ??= new Routing(this.#topology, epoch.state);
    return epoch.routing;
  }

  #epochAt(atMs: number): Epoch {
    // Nearly every call asks for the epoch of the call before.
    const next = this.#epochs[this.#last + 1];
    if (this.#epochs[this.#last].from > atMs || (next !== undefined && next.from <= atMs))
      this.#last = this.#epochs.findLastIndex(({ from }) => from <= atMs);
    return this.#epochs[this.#last];
  }
}
