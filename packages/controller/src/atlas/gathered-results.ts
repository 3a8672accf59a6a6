import { type Atlas, toMeasuredPath } from '@revtr/engine';
import type { Ipv4Address } from '@revtr/net';
import { isTraceroute, type RipeFault, type RipeTraceroute } from '@revtr/ripe-atlas';
import type { RunRecord } from './run-record.ts';

/** Results of one run. A result that arrives several times counts once. */
export class GatheredResults {
  readonly #run: RunRecord;
  readonly #atlas: Atlas;
  readonly #seen = new Set<number>();
  readonly #latest = new Map<number, number>();

  constructor(run: RunRecord, atlas: Atlas) {
    this.#run = run;
    this.#atlas = atlas;
    // After a restart all results are counted again.
    Object.assign(run.details.report, { faults: 0 });
    run.details.report.traceroutes = run.details.origins.length;
    run.details.report.arrived = 0;
  }

  get reported(): number {
    return this.#seen.size;
  }

  /** Time of the latest result of a measurement. */
  latestOf(measurement: number): number | undefined {
    return this.#latest.get(measurement);
  }

  take(result: RipeTraceroute | RipeFault): void {
    const { report } = this.#run.details;
    if (result.probe === undefined || this.#seen.has(result.probe)) return;
    this.#seen.add(result.probe);
    this.#run.details.done++;
    report.traceroutes++;
    if (!isTraceroute(result)) {
      report.faults++;
      return;
    }
    this.#latest.set(result.measurement, Math.max(result.at, this.#latest.get(result.measurement) ?? 0));
    const path = pathOf(result, this.#run.source, this.#atlas);
    if (path === undefined) return;
    report.arrived++;
    this.#atlas.add(path);
  }
}

/** The atlas path of a result; `undefined` when the traceroute did not arrive or lacks its origin. */
function pathOf({ isReached, from, target, probe, at, hops }: RipeTraceroute, source: Ipv4Address, { aliases }: Atlas) {
  if (!isReached || from === undefined || target !== source) return undefined;
  const path = { probe, origin: from, source, at, hops: [from, ...hops.map((hop) => hop.from)] };
  return toMeasuredPath({ platform: 'ripeAtlas', ...path }, aliases);
}
