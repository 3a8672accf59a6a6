import type { OptOutList } from '@revtr/link';
import { parsePrefix } from '@revtr/net';
import type { TargetPolicy } from '@revtr/probing';
import type { OptOuts } from '@revtr/storage';

/** The ranges whose holders want no probes, as the controller obeys them and agents are given them. */
export class PublishedOptOuts {
  readonly #optOuts: OptOuts;
  readonly #targetPolicy: TargetPolicy;
  #prefixes: readonly string[] = [];

  constructor(collaborators: { readonly optOuts: OptOuts; readonly targetPolicy: TargetPolicy }) {
    this.#optOuts = collaborators.optOuts;
    this.#targetPolicy = collaborators.targetPolicy;
  }

  /** Reads the list anew: to be called when it was changed. */
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
