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

/** How one version of the list of sources differs from an earlier one. */
export type SourcesDelta = Extract<ToAgent, { type: 'sourcesDelta' }>;

/** The change from one version of the list of sources to the next; `undefined` if it is longer than the list: a message holds one whole list at most. */
export function sourcesDelta(
  before: Versioned<readonly Ipv4Address[]>,
  after: Versioned<readonly Ipv4Address[]>,
): SourcesDelta | undefined {
  const [old, current] = [new Set(before.value), new Set(after.value)];
  const added = after.value.filter((address) => !old.has(address));
  const removed = before.value.filter((address) => !current.has(address));
  if (added.length + removed.length > after.value.length) return undefined;
  return { type: 'sourcesDelta', from: before.version, version: after.version, added, removed };
}

/** The published state on one connection: what was sent, and what the agent applies. */
export class AgentState {
  readonly #acceptsSourceChanges: boolean;
  readonly #send: (message: ToAgent) => void;
  #sourcesVersion: number | undefined;
  readonly #optOuts: OptOutFeed;
  readonly #applied = new Map<Topic, number>();

  /** `now`: milliseconds of a steady clock. */
  constructor(
    options: { readonly acceptsSourceChanges: boolean },
    collaborators: {
      readonly send: (message: ToAgent) => void;
      readonly optOuts: OptOutPublisher;
      readonly now: () => number;
    },
  ) {
    this.#acceptsSourceChanges = options.acceptsSourceChanges;
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

  /** Sends the list of sources, or only `delta` if that suffices for the agent. */
  sendSources({ version, value }: Versioned<readonly Ipv4Address[]>, delta?: SourcesDelta): void {
    const suffices = this.#acceptsSourceChanges && delta !== undefined && delta.from === this.#sourcesVersion;
    this.#send(suffices ? delta : { type: 'sources', version, addresses: value });
    this.#sourcesVersion = version;
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
