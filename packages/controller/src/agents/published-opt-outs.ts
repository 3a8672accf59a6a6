import type { OptOutList } from '@revtr/link';
import { parsePrefix } from '@revtr/net';
import type { TargetPolicy } from '@revtr/probing';
import type { OptOuts } from '@revtr/storage';

/** The networks that opted out of probing, as the controller and the agents apply them. */
export class PublishedOptOuts {
  readonly #optOuts: OptOuts;
  readonly #targetPolicy: TargetPolicy;
  #prefixes: readonly string[] = [];

  constructor(collaborators: { readonly optOuts: OptOuts; readonly targetPolicy: TargetPolicy }) {
    this.#optOuts = collaborators.optOuts;
    this.#targetPolicy = collaborators.targetPolicy;
  }

  /** Reads the list again. Call it after every change. */
  async refresh(): Promise<void> {
    const rows = await this.#optOuts.list();
    this.#targetPolicy.setOptedOut(rows.map(({ prefix }) => parsePrefix(prefix)));
    this.#prefixes = rows.map(({ prefix }) => prefix);
  }

  /** The list as of `now`, milliseconds since the Unix epoch. */
  at(now: number): OptOutList {
    return { issuedAt: now, prefixes: this.#prefixes };
  }
}
