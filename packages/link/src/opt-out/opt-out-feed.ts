import { TokenBucket } from '@revtr/probing';
import { LinkError } from '../errors.ts';
import type { ToAgent } from '../messages/to-agent.ts';
import type { OptOutPublisher, OptOutSnapshot, OptOutUpdate } from './opt-out-publisher.ts';

/** Chunks that an agent may ask for beyond two whole lists, and chunks a second that it earns back. */
const SPARE_CHUNKS = 50;
const CHUNKS_PER_SECOND = 5;

/**
 * The opt-out list on one connection: announces a snapshot, serves its chunks on request, and sends deltas. The agent asks for
 * one chunk after the other, which limits what is queued for a slow agent to one chunk.
 */
export class OptOutFeed {
  readonly #send: (message: ToAgent) => void;
  readonly #publisher: OptOutPublisher;
  readonly #now: () => number;
  #requests: TokenBucket | undefined;
  /** The snapshot that the agent fetches; deltas refer to it and are applied afterwards. */
  #serving: OptOutSnapshot | undefined;
  #announced: number | undefined;

  /** `now`: milliseconds of a steady clock. */
  constructor(collaborators: {
    readonly send: (message: ToAgent) => void;
    readonly publisher: OptOutPublisher;
    readonly now: () => number;
  }) {
    this.#send = collaborators.send;
    this.#publisher = collaborators.publisher;
    this.#now = collaborators.now;
  }

  /** Announces the newest snapshot, if there is one. */
  announce(): void {
    const { current } = this.#publisher;
    if (current === undefined) return;
    const capacity = 2 * current.chunks + SPARE_CHUNKS;
    this.#requests ??= new TokenBucket({ capacity, perSecond: CHUNKS_PER_SECOND }, { now: this.#now });
    this.#serving = current;
    this.#announced = current.version;
    this.#send(current.announcement);
  }

  /** Sends an update as a delta where the agent knows the version before, otherwise as a new snapshot. */
  update({ snapshot, change }: OptOutUpdate): void {
    if (change === undefined || this.#announced !== snapshot.version - 1) {
      this.announce();
      return;
    }
    this.#announced = snapshot.version;
    const { version, issuedAt, set } = snapshot;
    this.#send({ type: 'optOutDelta', from: version - 1, version, issuedAt, digest: set.digest, ...change });
  }

  /** Serves a chunk. @throws {LinkError} `badMessage` when the agent asks for chunks too often or for one that does not exist */
  request(version: number, index: number): void {
    const serving = this.#serving;
    this.#spend();
    if (serving?.version !== version) {
      this.announce();
      return;
    }
    if (index >= serving.chunks) throw new LinkError('badMessage', `the opt-out list has no chunk ${index}`, {});
    this.#send(serving.chunk(index));
  }

  /** Announces the newest snapshot again because the agent's list does not match. @throws {LinkError} `badMessage` */
  resync(): void {
    this.#spend();
    this.announce();
  }

  /** The agent has the whole snapshot: it need not be kept for it. */
  applied(version: number): void {
    if (this.#serving !== undefined && version >= this.#serving.version) this.#serving = undefined;
  }

  #spend(): void {
    if (this.#requests?.take(1) !== true)
      throw new LinkError('badMessage', 'the agent asks for the opt-out list too often', {});
  }
}
