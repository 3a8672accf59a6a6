import type { MeasurementOutline } from '@revtr/client';
import { useMemo } from 'react';
import { useSearchValues } from '../../app/search-values.ts';
import type { NodeNames } from './node-label.ts';
import { useOpenNodes } from './open-nodes.ts';
import { type TreeUnit, toPathTree } from './path-tree.ts';
import { TreePicture } from './tree-picture.tsx';
import { TreeTable } from './tree-table.tsx';

const ALL_LEVELS = 1_000;
const LEVELS = ['2', '3', '4', '5', 'all'] as const;
const USUAL_LEVELS = '4';

/** The tree of all paths of a batch to the source, as a picture or as a table. What it shows is in the URL. */
export function TreeSection(props: {
  readonly measurements: readonly MeasurementOutline[];
  readonly names: NodeNames;
  readonly unit: TreeUnit;
  /** Id of the chosen node; empty for none. */
  readonly chosen: string;
  readonly onChange: (changes: { readonly tree?: TreeUnit; readonly via?: string }) => void;
}) {
  const { measurements, names, unit, chosen, onChange } = props;
  const { values, set } = useSearchValues(['levels', 'view'] as const);
  const levels = values.levels === '' ? USUAL_LEVELS : values.levels;
  const open = useOpenNodes(levels === 'all' ? ALL_LEVELS : Math.max(1, Number(levels) || Number(USUAL_LEVELS)));
  const root = useMemo(() => toPathTree(measurements, unit), [measurements, unit]);
  const isTable = values.view === 'table';
  const View = isTable ? TreeTable : TreePicture;
  return (
    <section aria-labelledby="tree-heading">
      <h2 id="tree-heading">Tree of all paths to the source</h2>
      <div className="filters">
        <label>
          Made of
          <select
            value={unit}
            onChange={({ target }) => {
              open.reset();
              onChange({ tree: target.value === 'routers' ? 'routers' : 'networks', via: '' });
            }}
          >
            <option value="networks">networks</option>
            <option value="routers">routers</option>
          </select>
        </label>
        <label>
          Levels
          <select
            value={levels}
            onChange={({ target }) => {
              open.reset();
              set({ levels: target.value });
            }}
          >
            {LEVELS.map((level) => (
              <option key={level}>{level}</option>
            ))}
          </select>
        </label>
        <button type="button" onClick={() => set({ view: isTable ? '' : 'table' })}>
          {isTable ? 'Show as a picture' : 'Show as a table'}
        </button>
      </div>
      {root === undefined ? (
        <p>No path that passes the filters reaches the source.</p>
      ) : (
        <>
          <p className="hint">
            {root.count.toLocaleString('en')} of {measurements.length.toLocaleString('en')} measurements reach the
            source and are in the tree. The width of a line is the number of paths. Choose a node to list only its
            measurements; the arrow keys move, open and close.
          </p>
          <View root={root} open={open} names={names} chosen={chosen} onChoose={(via) => onChange({ via })} />
        </>
      )}
    </section>
  );
}
