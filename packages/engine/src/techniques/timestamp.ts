import { formatIpv4, type Ipv4Address } from '@revtr/net';
import { CONFIDENCE } from '../path/confidence.ts';
import type { Hop } from '../path/hop.ts';
import type { Measurement } from './contract/measurement.ts';
import { type Extension, notApplicable, nothingFound, type Technique } from './contract/technique.ts';
import { type NeighbourProof, proveNeighbour } from './timestamps/neighbour-proof.ts';

/** Options of {@link Timestamp}. */
export interface TimestampOptions {
  /** Whether it is used where the request does not say. */
  readonly isDefault: boolean;
  /** Neighbours of a hop that are guessed, at most. */
  readonly candidatesPerHop: number;
  /** Spoofers asked where the source itself gets no answer. */
  readonly spoofersPerHop: number;
  /** Longest wait for an answer, milliseconds. */
  readonly timeoutMs: number;
}

/**
 * Tests known neighbours of the last hop with the Timestamp option and prespecified addresses. An address is stamped only after the
 * one before it in the list. A neighbour that stamps after the target is therefore on the reverse path (NSDI 2010, section 3.3).
 */
export class Timestamp implements Technique {
  readonly name = 'timestamp';
  readonly #options: TimestampOptions;
  readonly #tried = new Set<string>();
  /** Hops that do not answer this option at all. */
  readonly #deaf = new Set<Ipv4Address>();

  constructor(options: TimestampOptions) {
    this.#options = options;
  }

  async extend(measurement: Measurement): Promise<Extension> {
    const { path, atlas, aliases, options } = measurement;
    if (!(options.useTimestamp ?? this.#options.isDefault)) return notApplicable('timestamps are off');
    const target = path.last.address;
    if (!measurement.mayProbe(target)) return notApplicable('the last hop cannot be probed');
    if (this.#deaf.has(target)) return notApplicable('the last hop does not answer timestamps');
    const neighbours = atlas
      .neighboursOf(target)
      .filter(
        (address) =>
          aliases.routerKey(address) !== undefined &&
          path.indexOf(address) < 0 &&
          !this.#tried.has(`${target} ${address}`),
      )
      .slice(0, this.#options.candidatesPerHop);
    if (neighbours.length === 0) return notApplicable('no neighbour is known');
    for (const neighbour of neighbours) {
      this.#tried.add(`${target} ${neighbour}`);
      const proof = await proveNeighbour(measurement, { target, neighbour }, this.#options);
      if (proof === 'deaf') {
        this.#deaf.add(target);
        return nothingFound(`${formatIpv4(target)} does not answer timestamps`);
      }
      if (proof === undefined) continue;
      const detail = `${formatIpv4(neighbour)} stamps behind ${formatIpv4(target)}`;
      return { outcome: 'extended', from: path.hops.length - 1, hops: [toHop(neighbour, target, proof)], detail };
    }
    return nothingFound(`none of ${neighbours.length} neighbours stamps behind ${formatIpv4(target)}`);
  }
}

function toHop(address: Ipv4Address, target: Ipv4Address, { technique, proof, sender, at }: NeighbourProof): Hop {
  const confidence = CONFIDENCE.timestamp[proof];
  return {
    address,
    technique,
    trust: 'measured',
    confidence,
    evidence: { type: 'timestamp', target, sender, proof, at },
  };
}
