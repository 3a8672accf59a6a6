import type { MeasurementRow } from '../schema/measurements.ts';
import { asnsOf, fieldOf, hopsOf, textOf } from './result-columns.ts';

/** What a list of a batch's measurements shows, without their hops. */
export interface MeasurementOutline {
  readonly id: number;
  /** Dotted quads. */
  readonly source: string;
  readonly destination: string;
  readonly label: string;
  readonly state: 'queued' | 'running' | 'done';
  /** Null where the result has no such value. */
  readonly stop_reason: string | null;
  readonly fail_code: string | null;
  readonly confidence: number | null;
  /** Milliseconds since the Unix epoch. */
  readonly started_ms: number | null;
  readonly duration_ms: number | null;
  readonly hops: number | null;
  /** Round-trip time of the destination. */
  readonly rtt_ms: number | null;
  /** AS numbers of the hops and of the networks between them that show no router, from the destination to the source. */
  readonly asns: readonly number[];
  /** Trust of each hop. */
  readonly trusts: unknown;
  /** Address and AS number of every hop as a pair, the latter null where it is not known; null when they were not asked for. */
  readonly routers: unknown;
}

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** What a list shows of a measurement. With `routers` also the addresses of the hops. */
export function outlineOf(row: MeasurementRow, routers: boolean): MeasurementOutline {
  const { id, source, destination, label, state, result } = row;
  const hops = fieldOf(result, 'hops');
  const [started, ended] = [numberOf(fieldOf(result, 'startedAt')), numberOf(fieldOf(result, 'endedAt'))];
  return {
    ...{ id, source, destination, label, state },
    stop_reason: textOf(fieldOf(result, 'stopReason')) ?? null,
    fail_code: textOf(fieldOf(fieldOf(result, 'failReason'), 'code')) ?? null,
    confidence: numberOf(fieldOf(result, 'confidence')),
    started_ms: started,
    duration_ms: started === null || ended === null ? null : ended - started,
    hops: Array.isArray(hops) ? hops.length : null,
    rtt_ms: numberOf(fieldOf(hopsOf(result)[0], 'rttMs')),
    asns: asnsOf(result),
    trusts: hopsOf(result).map((hop) => fieldOf(hop, 'trust')),
    routers: routers ? hopsOf(result).map((hop) => [fieldOf(hop, 'address'), numberOf(fieldOf(hop, 'asn'))]) : null,
  };
}
