import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from "react";

interface VirtualListProps<Item> {
  label: string;
  items: readonly Item[];
  keyOf: (item: Item) => string;
  /** What stands in an item's place of the list. */
  children: (item: Item) => ReactNode;
  /** About how high one is, in pixels; measured when it is shown. */
  estimate: number;
  /** Between them, in pixels. */
  gap: number;
  /** How narrow one may get, in pixels, before fewer stand side by side; left out: each has a line of its own. */
  narrowest?: number;
  /** How many there are in all, if that is known. */
  total?: number | undefined;
  /** Somebody comes near the end of those. */
  onNearEnd?: (() => void) | undefined;
}

/** So many lines before the end are near it. */
const NEAR = 15;

/** A list of which those in sight are on the page, however many there are. The window scrolls it. */
export function VirtualList<Item>(props: VirtualListProps<Item>) {
  const { label, items, keyOf, children, estimate, gap, narrowest, total, onNearEnd } = props;
  const list = useRef<HTMLUListElement>(null);
  const columns = useColumns(list, narrowest, gap);
  const scrollMargin = useTop(list);
  const lines = Math.ceil(items.length / columns);
  const virtual = useWindowVirtualizer({ count: lines, estimateSize: () => estimate, gap, overscan: 6, scrollMargin });
  const shown = virtual.getVirtualItems();
  const [first, last] = [shown[0], shown.at(-1)];
  const isNear = last !== undefined && last.index >= lines - NEAR;
  useEffect(() => {
    if (isNear) onNearEnd?.();
  }, [isNear, onNearEnd]);
  const from = (first?.index ?? 0) * columns;
  const to = ((last?.index ?? -1) + 1) * columns;
  return (
    <ul
      ref={list}
      aria-label={label}
      className="grid"
      style={{
        gap,
        gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        paddingTop: (first?.start ?? scrollMargin) - scrollMargin,
        paddingBottom: Math.max(0, virtual.getTotalSize() - ((last?.end ?? scrollMargin) - scrollMargin)),
      }}
    >
      {items.slice(from, to).map((item, offset) => (
        <li
          key={keyOf(item)}
          ref={virtual.measureElement}
          data-index={Math.floor((from + offset) / columns)}
          aria-posinset={from + offset + 1}
          aria-setsize={total ?? -1}
        >
          {children(item)}
        </li>
      ))}
    </ul>
  );
}

function useColumns(list: React.RefObject<HTMLElement | null>, narrowest: number | undefined, gap: number): number {
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null || narrowest === undefined) return setColumns(1);
    const count = () => setColumns(Math.max(1, Math.floor((element.clientWidth + gap) / (narrowest + gap))));
    count();
    const observer = new ResizeObserver(count);
    observer.observe(element);
    return () => observer.disconnect();
  }, [list, narrowest, gap]);
  return columns;
}

/** How far below the document's top it begins: what is above it may grow. */
function useTop(list: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  // After each render: whatever changed the page may have moved it.
  useLayoutEffect(() => {
    if (list.current !== null) setTop(Math.round(list.current.getBoundingClientRect().top + window.scrollY));
  });
  return top;
}
