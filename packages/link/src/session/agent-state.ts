import type { Ipv4Address } from '@revtr/net';
import type { Switches } from '../messages/safety.ts';
import type { ToAgent } from '../messages/to-agent.ts';
import { OptOutFeed } from '../opt-out/opt-out-feed.ts';
import type { OptOutPublisher, OptOutUpdate } from '../opt-out/opt-out-publisher.ts';

/** Topics that an agent acknowledges. */
export type Topic = 'switches' | 'sources' | 'optOut';

/** A value with its version. */
export interface Versioned<T> {
  readonly version: number;
  readonly value: T;
}

/** What the controller publishes to every agent. */
export interface PublishedState {
  readonly switches: Versioned<Switches>;
  readonly sources: Versioned<readonly Ipv4Address[]>;
  readonly optOuts: OptOutPublisher;
}

/** The published state on one connection: what was sent, and what the agent applies. */
export class AgentState {
  readonly #send: (message: ToAgent) => void;
  readonly #optOuts: OptOutFeed;
  readonly #applied = new Map<Topic, number>();

  /** `now`: milliseconds of a steady clock. */
  constructor(collaborators: {
    readonly send: (message: ToAgent) => void;
    readonly optOuts: OptOutPublisher;
    readonly now: () => number;
  }) {
    this.#send = collaborators.send;
    this.#optOuts = new OptOutFeed({
      send: collaborators.send,
      publisher: collaborators.optOuts,
      now: collaborators.now,
    });
  }

  /** Sends everything to an agent that has just connected. */
  sendAll({ switches, sources }: PublishedState): void {
    this.sendSwitches(switches);
    this.sendSources(sources);
    this.#optOuts.announce();
  }

  sendSwitches({ version, value }: Versioned<Switches>): void {
    this.#send({ type: 'switches', version, switches: value });
  }

  sendSources({ version, value }: Versioned<readonly Ipv4Address[]>): void {
    this.#send({ type: 'sources', version, addresses: value });
  }

  sendOptOuts(update: OptOutUpdate): void {
    this.#optOuts.update(update);
  }

  /** Serves a chunk of the opt-out list. @throws {LinkError} `badMessage` */
  request(version: number, index: number): void {
    this.#optOuts.request(version, index);
  }

  /** Announces the opt-out list again. @throws {LinkError} `badMessage` */
  resync(): void {
    this.#optOuts.resync();
  }

  /** The agent says that it applies a version. */
  applied(topic: Topic, version: number): void {
    this.#applied.set(topic, version);
    if (topic === 'optOut') this.#optOuts.applied(version);
  }

  /** The version that the agent applies; `undefined` before its first acknowledgement. */
  appliedVersion(topic: Topic): number | undefined {
    return this.#applied.get(topic);
  }
}
