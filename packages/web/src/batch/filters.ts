import type { MeasurementOutline } from '@revtr/client';
import { useSearchParams } from 'react-router';

/** Which measurements of a batch are listed. The empty string means all. */
export interface BatchFilters {
  /** `running`, a stop reason, or the code of a failure. */
  readonly outcome: string;
  readonly trust: string;
  /** AS number of the network through which the path enters the network of the source. */
  readonly entry: string;
  /** A part of the destination or the label. */
  readonly text: string;
}

const NAMES = ['outcome', 'trust', 'entry', 'text'] as const;

/** The filters, which are in the URL. */
export function useFilters(): {
  readonly filters: BatchFilters;
  readonly setFilter: (name: keyof BatchFilters, value: string) => void;
} {
  const [search, setSearch] = useSearchParams();
  const of = (name: keyof BatchFilters): string => search.get(name) ?? '';
  const filters = { outcome: of('outcome'), trust: of('trust'), entry: of('entry'), text: of('text') };
  const setFilter = (name: keyof BatchFilters, value: string): void => {
    const next = new URLSearchParams(search);
    if (value === '') next.delete(name);
    else next.set(name, value);
    setSearch(next, { replace: name === 'text', preventScrollReset: true });
  };
  return { filters, setFilter };
}

/** The measurements that pass all filters. */
export function filtered(
  measurements: readonly MeasurementOutline[],
  filters: BatchFilters,
): readonly MeasurementOutline[] {
  if (NAMES.every((name) => filters[name] === '')) return measurements;
  const { outcome, trust, entry, text } = filters;
  return measurements.filter(
    (measurement) =>
      (outcome === '' || outcomeOf(measurement) === outcome) &&
      (trust === '' || measurement.leastTrust === trust) &&
      (entry === '' || String(entryOf(measurement)) === entry) &&
      (text === '' || measurement.destination.includes(text) || measurement.label.includes(text)),
  );
}

/** The state of a measurement that has not ended, the code of its failure, or its stop reason. */
export const outcomeOf = ({ state, failCode, stopReason }: MeasurementOutline): string =>
  state === 'done' ? (failCode ?? stopReason ?? 'done') : state;

/** The network before that of the source; `undefined` when the path does not reach the source, or stays inside its network. */
export function entryOf({ stopReason, networks = [] }: MeasurementOutline): number | undefined {
  return stopReason === 'reaches' ? networks.at(-2) : undefined;
}

/** How many measurements have each value, most first. */
export function countBy<Value>(
  measurements: readonly MeasurementOutline[],
  valueIn: (measurement: MeasurementOutline) => Value | undefined,
): readonly (readonly [Value, number])[] {
  const counts = new Map<Value, number>();
  for (const measurement of measurements) {
    const value = valueIn(measurement);
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a);
}
