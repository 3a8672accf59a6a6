import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { BOX, layOut, linksOf, type PlacedNode, STEP } from './layout.ts';
import { labelOf, type NodeNames, percentageOf } from './node-label.ts';
import type { OpenNodes } from './open-nodes.ts';
import { leadsTo } from './path-tree.ts';
import type { TreeViewProps } from './tree-view.ts';

/** Only what is this close to the visible part is in the document, pixels. */
const MARGIN_PX = 300;

/**
 * A tree of paths from its source, on the left, to the destinations. It is operated as a tree of the ARIA Authoring Practices: arrow keys
 * move and open, Enter chooses.
 */
export function TreePicture({ root, open, names, chosen, onChoose }: TreeViewProps) {
  const box = useRef<HTMLDivElement>(null);
  const prefix = useId();
  const view = useView(box);
  const [active, setActive] = useState(chosen === '' ? root.id : chosen);
  const layout = useMemo(() => layOut(root, open), [root, open]);
  const links = useMemo(() => linksOf(layout), [layout]);
  const at = Math.max(
    0,
    layout.nodes.findIndex(({ data }) => data.id === active),
  );
  const current = layout.nodes[at];
  // Nodes move when others are opened.
  useLayoutEffect(() => showIn(box.current, current), [current]);
  const isNear = (from: number, to: number): boolean => to > view.top - MARGIN_PX && from < view.bottom + MARGIN_PX;
  const move = (node: PlacedNode | null | undefined): void => {
    if (node !== null && node !== undefined) setActive(node.data.id);
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const action = actionOf(event.key, layout.nodes, at, open, move, onChoose);
    if (action === undefined) return;
    event.preventDefault();
    action();
  };
  return (
    <div
      ref={box}
      className="tree"
      role="tree"
      aria-label="Paths to the source"
      tabIndex={0}
      aria-activedescendant={`${prefix}${at}`}
      onKeyDown={onKeyDown}
    >
      <div className="canvas" style={{ width: layout.width, height: layout.height }} role="none">
        <svg width={layout.width} height={layout.height} aria-hidden="true">
          {links
            .filter(({ span: [from, to] }) => isNear(from, to))
            .map(({ id, d, width }) => (
              <path key={id} d={d} strokeWidth={width} className={leadsTo(id, chosen) ? 'chosen' : undefined} />
            ))}
        </svg>
        {layout.nodes.map((node, i) =>
          isNear(node.x, node.x) || i === at ? (
            <Node
              key={node.data.id}
              id={`${prefix}${i}`}
              node={node}
              total={root.count}
              names={names}
              isActive={i === at}
              isChosen={node.data.id === chosen}
              onChoose={() => {
                setActive(node.data.id);
                onChoose(node.data.id === chosen ? '' : node.data.id);
              }}
              onToggle={() => {
                setActive(node.data.id);
                open.setOpen(node.data, node.children === undefined);
              }}
            />
          ) : null,
        )}
      </div>
    </div>
  );
}

function Node(props: {
  readonly id: string;
  readonly node: PlacedNode;
  readonly total: number;
  readonly names: NodeNames;
  readonly isActive: boolean;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly onToggle: () => void;
}) {
  const { id, node, total, names, isActive, isChosen, onChoose, onToggle } = props;
  const { data, depth, children, parent, x, y } = node;
  const { text, more } = labelOf(data.key, names);
  const isOpen = children !== undefined;
  const classes = ['node', isActive && 'active', isChosen && 'chosen'].filter(Boolean).join(' ');
  const siblings = parent?.children ?? [node];
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keys of the whole tree are handled by the tree
    // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and names its active descendant
    <div
      id={id}
      role="treeitem"
      className={classes}
      style={{ left: y, top: x - BOX.height / 2, width: BOX.width, height: BOX.height }}
      aria-level={depth + 1}
      aria-setsize={siblings.length}
      aria-posinset={siblings.indexOf(node) + 1}
      aria-selected={isChosen}
      aria-expanded={data.children.length === 0 ? undefined : isOpen}
      title={`${text} ${more}: ${data.count.toLocaleString('en')} paths, ${percentageOf(data, total)} of all`}
      onClick={onChoose}
    >
      <span className="text">
        {text} <span className="more">{more}</span>
      </span>
      <span className="number">{data.count.toLocaleString('en')}</span>
      <span className="visually-hidden">{` paths, ${percentageOf(data, total)} of all`}</span>
      {data.children.length > 0 && (
        <span
          className="toggle"
          aria-hidden="true"
          onClick={(event) => {
            event.stopPropagation();
            onToggle();
          }}
        >
          {isOpen ? '−' : '+'}
        </span>
      )}
    </div>
  );
}

/** What a key does at a node; `undefined` when nothing. */
function actionOf(
  key: string,
  nodes: readonly PlacedNode[],
  at: number,
  open: OpenNodes,
  move: (node: PlacedNode | null | undefined) => void,
  onChoose: (id: string) => void,
): (() => void) | undefined {
  const node = nodes[at];
  const { data, children, parent } = node;
  switch (key) {
    case 'ArrowDown':
      return () => move(nodes[at + 1]);
    case 'ArrowUp':
      return () => move(nodes[at - 1]);
    case 'Home':
      return () => move(nodes[0]);
    case 'End':
      return () => move(nodes.at(-1));
    case 'ArrowRight':
      return children === undefined ? () => open.setOpen(data, data.children.length > 0) : () => move(children[0]);
    case 'ArrowLeft':
      return children === undefined ? () => move(parent) : () => open.setOpen(data, false);
    case 'Enter':
    case ' ':
      return () => onChoose(data.id);
    case 'Escape':
      return () => onChoose('');
    default:
      return undefined;
  }
}

/** The part of a scrolled element that is visible, pixels from its upper edge. It changes in large steps. */
function useView(box: { readonly current: HTMLDivElement | null }) {
  const [view, setView] = useState({ top: 0, bottom: 1_000 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    const read = (): void => {
      const top = Math.floor(element.scrollTop / MARGIN_PX) * MARGIN_PX;
      const bottom = Math.ceil((element.scrollTop + element.clientHeight) / MARGIN_PX) * MARGIN_PX;
      setView((before) => (before.top === top && before.bottom === bottom ? before : { top, bottom }));
    };
    const observer = new ResizeObserver(read);
    observer.observe(element);
    element.addEventListener('scroll', read, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener('scroll', read);
    };
  }, [box]);
  return view;
}

/** Scrolls an element until a node is visible. */
function showIn(box: HTMLDivElement | null, { x, y }: PlacedNode): void {
  if (box === null) return;
  const within = (position: number, size: number, start: number, extent: number): number =>
    position < start ? position : position + size > start + extent ? position + size - extent : start;
  box.scrollTop = within(x - STEP.down / 2, STEP.down, box.scrollTop, box.clientHeight);
  box.scrollLeft = within(y, BOX.width, box.scrollLeft, box.clientWidth);
}
