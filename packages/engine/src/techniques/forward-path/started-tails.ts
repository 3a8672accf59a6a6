import type { Ipv4Address } from '@revtr/net';
import type { TracerouteResult } from '@revtr/probing';
import { type Measurement, untold } from '../contract/measurement.ts';
import { traceTail } from './trace-tail.ts';

/** Ends of forward paths that are measured while other techniques still wait for answers. Each measurement has its own. */
export class StartedTails {
  readonly #options: Parameters<typeof traceTail>[2];
  readonly #technique: string;
  readonly #tails = new Map<Ipv4Address, Promise<TracerouteResult>>();
  /** Routers that the tails measured so far show with a router before them. */
  readonly #passed: Ipv4Address[] = [];

  /** @param technique the technique for which the probes are sent, see {@link Measurement.withTechnique} */
  constructor(technique: string, options: Parameters<typeof traceTail>[2]) {
    this.#technique = technique;
    this.#options = options;
  }

  /** Starts to measure the end of the forward path to the last hop of the path, unless that was started before, or is known from another tail. */
  start(measurement: Measurement, target: Ipv4Address): void {
    if (target !== measurement.path.last.address || this.#passed.includes(target)) return;
    this.of(measurement, target).catch(() => undefined);
  }

  /** The end of the forward path to a target. @throws {ProbingError} when it cannot be measured, `cancelled` */
  of(measurement: Measurement, target: Ipv4Address): Promise<TracerouteResult> {
    const known = this.#tails.get(target);
    if (known !== undefined) return known;
    const { withTechnique = untold } = measurement;
    const tail = withTechnique(this.#technique, () => traceTail(measurement, target, this.#options));
    this.#tails.set(target, tail);
    // What was not sent says nothing: the next caller tries again.
    tail.then(
      ({ hops }) => {
        for (const [i, { from }] of hops.entries())
          if (from !== undefined && hops[i - 1]?.from !== undefined) this.#passed.push(from);
      },
      () => this.#tails.delete(target),
    );
    return tail;
  }
}
