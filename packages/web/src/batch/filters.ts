import type { MeasurementOutline } from '@revtr/client';
import { useSearchValues } from '../app/search-values.ts';
import { passes, type TreeUnit } from './tree/path-tree.ts';

/** Which measurements of a batch are listed. The empty string means all. */
export interface BatchFilters {
  /** `running`, a stop reason, or the code of a failure. */
  readonly outcome: string;
  readonly trust: string;
  /** AS number of the network through which the path enters the network of the source. */
  readonly entry: string;
  /** A part of the destination or the label. */
  readonly text: string;
  /** What the nodes of the tree are. */
  readonly tree: TreeUnit;
  /** Id of a node of the tree that the path passes. */
  readonly via: string;
}

const NAMES = ['outcome', 'trust', 'entry', 'text', 'tree', 'via'] as const;

/** The filters, which are in the URL. */
export function useFilters(): {
  readonly filters: BatchFilters;
  readonly setFilters: (changes: Partial<BatchFilters>) => void;
} {
  const { values, set } = useSearchValues(NAMES);
  const filters = { ...values, tree: values.tree === 'routers' ? ('routers' as const) : ('networks' as const) };
  // The address of a page is not kept for every letter that is typed.
  return { filters, setFilters: (changes) => set(changes, changes.text !== undefined) };
}

/** The measurements that pass all filters. */
export function filtered(
  measurements: readonly MeasurementOutline[],
  filters: BatchFilters,
): readonly MeasurementOutline[] {
  const { outcome, trust, entry, text, tree, via } = filters;
  if ([outcome, trust, entry, text, via].every((value) => value === '')) return measurements;
  return measurements.filter(
    (measurement) =>
      (outcome === '' || outcomeOf(measurement) === outcome) &&
      (trust === '' || measurement.leastTrust === trust) &&
      (entry === '' || String(entryOf(measurement)) === entry) &&
      (text === '' || measurement.destination.includes(text) || measurement.label.includes(text)) &&
      (via === '' || passes(measurement, tree, via)),
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
export const countBy = <Value>(
  measurements: readonly MeasurementOutline[],
  valueIn: (measurement: MeasurementOutline) => Value | undefined,
): readonly (readonly [Value, number])[] =>
  countValues(measurements.map(valueIn).filter((value) => value !== undefined));

/** How often each value occurs, most often first. */
export function countValues<Value>(values: readonly Value[]): readonly (readonly [Value, number])[] {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}
