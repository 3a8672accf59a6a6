import type { Ipv4Address } from '@revtr/net';
import type { Aliases } from '../facts/aliases.ts';
import { isDeadEnd } from '../measurement/fail-reason.ts';
import type { Hop } from '../path/hop.ts';
import { ReversePath } from '../path/reverse-path.ts';
import type { Measurement } from './contract/measurement.ts';
import type { Extension, Technique } from './contract/technique.ts';

/**
 * A technique that is asked again at earlier hops when it fails at the last one, as the original's stack of candidate paths does: the hops
 * behind the hop where it succeeds are dropped. An assumption that the plan forbids ends the search, as it does there.
 */
export class SteppingBack implements Technique {
  readonly name: string;
  readonly #technique: Technique;

  constructor(technique: Technique) {
    this.name = technique.name;
    this.#technique = technique;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, aliases } = measurement;
    const extension = await this.#technique.extend(measurement);
    if (extension.outcome === 'extended' || !isDeadEnd(extension.failReason)) return extension;
    for (let position = path.hops.length - 2; position >= 0; position--) {
      const hop = path.hops[position];
      if (hop.trust === 'assumed' || !measurement.mayProbe(hop.address)) continue;
      const found = await this.#technique.extend({ ...measurement, path: new EarlierPath(path, position, aliases) });
      if (found.outcome === 'extended') return { ...found, from: position };
      if (!isDeadEnd(found.failReason)) return found;
    }
    return extension;
  }
}

/** A path up to an earlier hop. The hops behind that one are dead ends: they count as passed, although they are not part of it. */
class EarlierPath extends ReversePath {
  #deadEnds: readonly Hop[] = [];
  readonly #knownAliases: Aliases;

  constructor({ source, hops }: ReversePath, position: number, aliases: Aliases) {
    super(source, hops[0], aliases);
    this.extend(0, hops.slice(1, position + 1));
    this.#deadEnds = hops.slice(position + 1);
    this.#knownAliases = aliases;
  }

  override indexOf(address: Ipv4Address): number {
    const isDeadEnd = this.#deadEnds.some((hop) => this.#knownAliases.sameRouter(hop.address, address));
    return isDeadEnd ? 0 : super.indexOf(address);
  }
}
