import type { Topic } from '../contracts.ts';
import { encode, NOTHING } from '../messages.ts';

export interface PublisherCollaborators {
  /** Name of this process on the bus. */
  readonly from: string;
  /** Sends a message of a topic. Returns whether it was taken. */
  readonly send: (topic: string, data: Uint8Array) => boolean;
}

/** Numbers the messages of each topic. Followers see from the next number that one is missing; when nothing follows, they are told as soon as possible. */
export class Publisher {
  readonly #collaborators: PublisherCollaborators;
  /** Number of the last message of each topic. */
  readonly #numbers = new Map<string, number>();
  /** Topics whose last message was lost. */
  readonly #missing = new Set<string>();

  constructor(collaborators: PublisherCollaborators) {
    this.#collaborators = collaborators;
  }

  /** Returns whether the message was sent. @throws {BusError} `messageTooLarge` */
  publish<Message>({ name, mostBytes }: Topic<Message>, message: Message): boolean {
    const isSent = this.#send(name, message, mostBytes);
    if (isSent) this.retry();
    return isSent;
  }

  /** Tells followers that messages are missing. */
  retry(): void {
    for (const name of this.#missing) if (!this.#send(name, NOTHING, 0)) return;
  }

  #send(name: string, body: unknown, mostBytes: number): boolean {
    const { from, send } = this.#collaborators;
    const number = (this.#numbers.get(name) ?? 0) + 1;
    const data = encode({ from, number, body }, name, mostBytes);
    this.#numbers.set(name, number);
    const isSent = send(name, data);
    if (isSent) this.#missing.delete(name);
    else this.#missing.add(name);
    return isSent;
  }
}
