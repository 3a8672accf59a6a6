import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { type ReactNode, useEffect, useRef, useState } from 'react';

/** The height of every row, pixels; `tables.css` sets it. */
const ROW_PX = 36;
const OVERSCAN = 8;

/** A column of a {@link VirtualTable}. */
export interface Column {
  readonly name: string;
  /** Share of the width of the table, percent. Where columns are left out, the others share their part. */
  readonly width: number;
  readonly isNumeric?: boolean;
  /** Whether narrow screens leave it out. */
  readonly isWide?: boolean;
}

const classOf = ({ isNumeric = false, isWide = false }: Column): string =>
  [isNumeric && 'numeric', isWide && 'wide'].filter(Boolean).join(' ');

/** A table of any number of rows of one height, of which only those near the screen are in the document. */
export function VirtualTable(props: {
  readonly className: string;
  readonly columns: readonly Column[];
  readonly count: number;
  /** The `tr` of a row, which must have the `aria-rowindex` of its position, counted from 2. */
  readonly row: (index: number) => ReactNode;
}) {
  const { className, columns, count, row } = props;
  const table = useRef<HTMLTableElement>(null);
  const top = useTop(table);
  const virtualizer = useWindowVirtualizer({
    count,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: top,
  });
  const rows = virtualizer.getVirtualItems();
  const before = rows.length === 0 ? 0 : rows[0].start - top;
  const after = rows.length === 0 ? 0 : virtualizer.getTotalSize() - (rows[rows.length - 1].end - top);
  return (
    <table ref={table} className={`virtual ${className}`} aria-rowcount={count + 1}>
      <colgroup>
        {columns.map((column) => (
          <col key={column.name} className={classOf(column)} style={{ width: `${column.width}%` }} />
        ))}
      </colgroup>
      <thead>
        <tr aria-rowindex={1}>
          {columns.map((column) => (
            <th key={column.name} scope="col" className={classOf(column)}>
              {column.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        <tr className="space" style={{ height: before }} />
        {rows.map(({ index }) => row(index))}
        <tr className="space" style={{ height: after }} />
      </tbody>
    </table>
  );
}

/** How far down the page a table begins, pixels, also after what is above it has grown. */
function useTop(table: { readonly current: HTMLTableElement | null }): number {
  const [top, setTop] = useState(0);
  useEffect(() => {
    const measure = (): void => setTop(table.current?.offsetTop ?? 0);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [table]);
  return top;
}
