import type { FailReason } from '../measurement/fail-reason.ts';
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
    if (!isDeadEnd(extension)) return extension;
    for (let position = path.hops.length - 2; position >= 0; position--) {
      const hop = path.hops[position];
      if (hop.trust === 'assumed' || !measurement.mayProbe(hop.address)) continue;
      const earlier = new ReversePath(path.source, path.hops[0], aliases);
      earlier.extend(0, path.hops.slice(1, position + 1));
      const found = await this.#technique.extend({ ...measurement, path: earlier });
      if (found.outcome === 'extended') return { ...found, from: position };
      if (!isDeadEnd(found)) return found;
    }
    return extension;
  }
}

const DEAD_ENDS: ReadonlySet<FailReason['code']> = new Set(['tracerouteFailed', 'noSymmetricHop']);

const isDeadEnd = (extension: Extension): boolean =>
  extension.outcome !== 'extended' && extension.failReason !== undefined && DEAD_ENDS.has(extension.failReason.code);
