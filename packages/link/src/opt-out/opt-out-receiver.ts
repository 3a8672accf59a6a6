import { LinkError } from '../errors.ts';
import { CHUNK_ENTRIES } from '../messages/limits.ts';
import type { ToAgent } from '../messages/to-agent.ts';
import type { ToController } from '../messages/to-controller.ts';
import { type OptOutChange, OptOutReader, type OptOutSet } from './opt-out-set.ts';

/** Messages that carry the opt-out list. */
export type OptOutMessage = Extract<ToAgent, { type: 'optOut' | 'optOutChunk' | 'optOutDelta' }>;
type Announcement = Extract<OptOutMessage, { type: 'optOut' }>;
type Delta = Extract<OptOutMessage, { type: 'optOutDelta' }>;

/** A complete opt-out list. */
export interface CompleteOptOuts {
  /** When the controller read it, milliseconds since the Unix epoch by its clock. */
  readonly issuedAt: number;
  readonly set: OptOutSet;
}

export interface OptOutReceiverCollaborators {
  /** Takes a complete list, or `undefined` from the moment that there is none. */
  readonly onList: (list: CompleteOptOuts | undefined) => void;
  /** Receives a message for the log when a list or delta is unusable. */
  readonly onProblem: (message: string) => void;
}

/** Deltas kept while a snapshot is fetched. */
const MOST_PENDING_DELTAS = 100;
/** Attempts to fetch a list again before the agent waits for the controller's next announcement. */
const MOST_RESYNCS = 3;

/** The agent's side of the opt-out list. It has no list whenever the list may be incomplete, so nothing is probed then. */
export class OptOutReceiver {
  readonly #collaborators: OptOutReceiverCollaborators;
  #send: ((message: ToController) => void) | undefined;
  #version: number | undefined;
  #set: OptOutSet | undefined;
  #fetch: { readonly announced: Announcement; list: OptOutReader; next: number; deltas: Delta[] } | undefined;
  #failures = 0;

  constructor(collaborators: OptOutReceiverCollaborators) {
    this.#collaborators = collaborators;
  }

  /** A connection begins: its versions have nothing to do with those of the connection before. */
  attach(send: (message: ToController) => void): void {
    this.#send = send;
    this.#version = undefined;
    this.#fetch = undefined;
    this.#failures = 0;
  }

  /**
   * The connection that answers with `send` ended. A complete list stays in force until it is too old. Another connection may have
   * replaced it before.
   */
  detach(send: (message: ToController) => void): void {
    if (this.#send !== send) return;
    this.#send = undefined;
    this.#fetch = undefined;
  }

  /** Takes a message. A malformed entry or a wrong digest leaves the agent without a list; it never throws. */
  receive(message: OptOutMessage): void {
    try {
      if (message.type === 'optOut') this.#begin(message);
      else if (message.type === 'optOutChunk') this.#take(message.version, message.index, message.prefixes);
      else if (this.#fetch !== undefined) this.#postpone(message);
      else this.#apply(message);
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      this.#fail(error.message);
    }
  }

  #begin(announced: Announcement): void {
    if (this.#set?.digest === announced.digest) {
      this.#complete(announced, this.#set);
      return;
    }
    this.#drop();
    this.#fetch = { announced, list: new OptOutReader(), next: 0, deltas: [] };
    if (announced.size === 0) this.#finish();
    else this.#send?.({ type: 'optOutRequest', version: announced.version, index: 0 });
  }

  #take(version: number, index: number, prefixes: readonly string[]): void {
    const fetch = this.#fetch;
    if (fetch === undefined || fetch.announced.version !== version || fetch.next !== index) return;
    const left = fetch.announced.size - index * CHUNK_ENTRIES;
    if (prefixes.length !== Math.min(left, CHUNK_ENTRIES)) {
      this.#fail('a chunk of the opt-out list is incomplete');
      return;
    }
    fetch.list.read(prefixes);
    fetch.next++;
    if (fetch.list.rows === fetch.announced.size) this.#finish();
    else this.#send?.({ type: 'optOutRequest', version, index: fetch.next });
  }

  #finish(): void {
    const fetch = this.#fetch;
    if (fetch === undefined) return;
    this.#fetch = undefined;
    this.#complete(fetch.announced, fetch.list.finish());
    for (const delta of fetch.deltas) this.#apply(delta);
  }

  #postpone(delta: Delta): void {
    if ((this.#fetch?.deltas.length ?? 0) >= MOST_PENDING_DELTAS) this.#fail('the opt-out list changes too often');
    else this.#fetch?.deltas.push(delta);
  }

  #apply(delta: Delta & OptOutChange): void {
    if (this.#set === undefined || this.#version !== delta.from) this.#fail('a delta of the opt-out list does not fit');
    else {
      const isEmpty = delta.added.length + delta.removed.length === 0;
      this.#complete(delta, isEmpty ? this.#set : this.#set.with(delta));
    }
  }

  #complete({ version, issuedAt, digest }: Announcement | Delta, set: OptOutSet): void {
    if (set.digest !== digest) {
      this.#fail('the digest of the opt-out list does not match');
      return;
    }
    this.#failures = 0;
    this.#version = version;
    this.#set = set;
    this.#collaborators.onList({ issuedAt, set });
    this.#send?.({ type: 'applied', topic: 'optOut', version });
  }

  #drop(): void {
    this.#set = undefined;
    this.#version = undefined;
    this.#collaborators.onList(undefined);
  }

  #fail(message: string): void {
    this.#fetch = undefined;
    this.#drop();
    this.#collaborators.onProblem(message);
    if (this.#failures++ < MOST_RESYNCS) this.#send?.({ type: 'optOutResync' });
  }
}
