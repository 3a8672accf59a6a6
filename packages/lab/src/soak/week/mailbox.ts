import type { ControllerCollaborators } from '@revtr/controller';

/** Mails whose links nobody asks for any more. */
const MOST_KEPT = 100;

/** Receives the mails of a controller, and finds the links in them. */
export class Mailbox {
  readonly #tokens = new Map<string, string>();
  #received = 0;

  /** Mails that have arrived. */
  get received(): number {
    return this.#received;
  }

  readonly receive: NonNullable<ControllerCollaborators['sendMail']> = async ({ to, text }) => {
    this.#received++;
    const token = /\/confirm#([\w-]+)/.exec(text)?.[1];
    if (token === undefined) return;
    this.#tokens.set(to, token);
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= MOST_KEPT) break;
      this.#tokens.delete(oldest);
    }
  };

  /** Takes the token of the last link that was mailed to an address. */
  take(address: string): string | undefined {
    const token = this.#tokens.get(address);
    this.#tokens.delete(address);
    return token;
  }
}
