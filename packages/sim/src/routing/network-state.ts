import type { Topology } from '../topology/topology.ts';

/** The state that events change: failed links, and changed prepending. Immutable. */
export interface NetworkState {
  readonly linksDown: ReadonlySet<number>;
  /** Adjacency index to prepend count. */
  readonly prepends: ReadonlyMap<number, number>;
}

export const INITIAL_STATE: NetworkState = { linksDown: new Set(), prepends: new Map() };

/** A change of the Internet. Either interface of a link identifies it. */
export type NetworkEvent =
  | { readonly type: 'linkDown' | 'linkUp'; readonly interface: number }
  | {
      readonly type: 'prepend';
      /** Indexes of the network that changes its announcements and of the neighbour that receives them. */
      readonly network: number;
      readonly neighbour: number;
      readonly count: number;
    };

/** An event and its time, milliseconds since the Unix epoch. */
export interface TimedEvent {
  readonly event: NetworkEvent;
  readonly atMs: number;
}

/** Returns the state after `event`. */
export function applyEvent(topology: Topology, state: NetworkState, event: NetworkEvent): NetworkState {
  if (event.type === 'prepend') {
    const { first, neighbour } = topology.adjacencies;
    const prepends = new Map(state.prepends);
    for (let i = first[event.network]; i < first[event.network + 1]; i++) {
      if (neighbour[i] === event.neighbour) prepends.set(i, event.count);
    }
    return { ...state, prepends };
  }
  const linksDown = new Set(state.linksDown);
  for (const end of [event.interface, topology.interfaces.peer[event.interface]]) {
    if (event.type === 'linkDown') linksDown.add(end);
    else linksDown.delete(end);
  }
  return { ...state, linksDown };
}
