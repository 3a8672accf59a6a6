import { type Column, VirtualTable } from '../../tables/virtual-table.tsx';
import { layOut } from './layout.ts';
import { labelOf } from './node-label.ts';
import type { TreeViewProps } from './tree-view.ts';

/** The open part of a tree of paths as a table, indented by level. */
export function TreeTable({ root, open, names, chosen, onChoose }: TreeViewProps) {
  const { nodes } = layOut(root, open);
  return (
    <VirtualTable
      className="tree-table"
      count={nodes.length}
      columns={COLUMNS}
      row={(index) => {
        const { data, depth, children } = nodes[index];
        const { text, more } = labelOf(data.key, names);
        const isOpen = children !== undefined;
        return (
          <tr key={data.id} aria-rowindex={index + 2} className={data.id === chosen ? 'chosen' : undefined}>
            <td className="numeric wide">{depth + 1}</td>
            <td style={{ paddingLeft: `${depth}rem` }}>
              <button
                type="button"
                className="link"
                aria-pressed={data.id === chosen}
                onClick={() => onChoose(data.id === chosen ? '' : data.id)}
              >
                {text}
              </button>{' '}
              <span className="age">{more}</span>
            </td>
            <td className="numeric">{data.count.toLocaleString('en')}</td>
            <td className="numeric wide">{((100 * data.count) / root.count).toFixed(1)} %</td>
            <td>
              {data.children.length > 0 && (
                <button
                  type="button"
                  className="quiet"
                  aria-expanded={isOpen}
                  onClick={() => open.setOpen(data, !isOpen)}
                >
                  {isOpen ? '−' : `+ ${data.children.length}`}
                  <span className="visually-hidden"> behind {text}</span>
                </button>
              )}
            </td>
          </tr>
        );
      }}
    />
  );
}

const COLUMNS: readonly Column[] = [
  { name: 'Level', width: 7, isNumeric: true, isWide: true },
  { name: 'Network or router', width: 59 },
  { name: 'Paths', width: 11, isNumeric: true },
  { name: 'Share', width: 9, isNumeric: true, isWide: true },
  { name: 'Behind', width: 14 },
];
