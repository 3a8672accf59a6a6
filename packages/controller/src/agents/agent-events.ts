import type { Ipv4Address } from '@revtr/net';

/** What happens to the connections of agents. */
export interface AgentListener {
  /** An agent has begun a session. */
  readonly joined?: (address: Ipv4Address) => void;
  /** An agent that had a certificate was given another one. */
  readonly replaced?: (address: Ipv4Address) => void;
}

/** Passes events about the connections of agents to listeners. */
export class AgentEvents {
  readonly #listeners: AgentListener[] = [];

  subscribe(listener: AgentListener): void {
    this.#listeners.push(listener);
  }

  joined(address: Ipv4Address): void {
    for (const { joined } of this.#listeners) joined?.(address);
  }

  replaced(address: Ipv4Address): void {
    for (const { replaced } of this.#listeners) replaced?.(address);
  }
}
