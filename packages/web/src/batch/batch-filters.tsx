import type { MeasurementOutline } from '@revtr/client';
import { type BatchFilters, countBy, outcomeOf } from './filters.ts';
import { labelOf, type NodeNames } from './tree/node-label.ts';
import { keyOfId } from './tree/path-tree.ts';

/** The filters of a batch, each value with how many measurements have it. */
export function BatchFilterForm(props: {
  readonly measurements: readonly MeasurementOutline[];
  readonly filters: BatchFilters;
  readonly names: NodeNames;
  readonly setFilters: (changes: Partial<BatchFilters>) => void;
}) {
  const { measurements, filters, names, setFilters } = props;
  return (
    <search className="filters">
      <Choice
        label="Outcome"
        value={filters.outcome}
        values={countBy(measurements, outcomeOf)}
        onChange={(value) => setFilters({ outcome: value })}
      />
      <Choice
        label="Least trust"
        value={filters.trust}
        values={countBy(measurements, ({ leastTrust }) => leastTrust)}
        onChange={(value) => setFilters({ trust: value })}
      />
      <label>
        Destination or label
        <input type="search" value={filters.text} onChange={({ target }) => setFilters({ text: target.value })} />
      </label>
      {filters.entry !== '' && (
        <button type="button" onClick={() => setFilters({ entry: '' })}>
          Only those through AS{filters.entry}: show all
        </button>
      )}
      {filters.via !== '' && (
        <button type="button" onClick={() => setFilters({ via: '' })}>
          Only those through {labelOf(keyOfId(filters.via), names).text} in the tree: show all
        </button>
      )}
    </search>
  );
}

function Choice(props: {
  readonly label: string;
  readonly value: string;
  readonly values: readonly (readonly [string, number])[];
  readonly onChange: (value: string) => void;
}) {
  const { label, value, values, onChange } = props;
  const isKnown = value === '' || values.some(([known]) => known === value);
  return (
    <label>
      {label}
      <select value={value} onChange={({ target }) => onChange(target.value)}>
        <option value="">all</option>
        {!isKnown && <option value={value}>{value} (0)</option>}
        {values.map(([known, count]) => (
          <option key={known} value={known}>
            {known} ({count.toLocaleString('en')})
          </option>
        ))}
      </select>
    </label>
  );
}
