import { Box } from "@mui/material";
import { defaultRangeExtractor, type Range, useVirtualizer } from "@tanstack/react-virtual";
import {
  type FocusEvent,
  type ReactNode,
  startTransition,
  useCallback,
  useEffect,
  useRef,
  useState,
} from "react";
import { PAGE_X } from "../../common/styles.ts";
import { type Item, labelOf } from "../../model/layout.ts";
import { ROW_MIN_PX, RowStyles } from "./row-styles.tsx";

/**
 * Renders every row up to this many containers, which keeps the browser's own search and screen readers' lists complete.
 * Ignores the filter's result: drawing a hundred rows at each keystroke of a search is too slow.
 */
const DRAW_ALL = 100;
/** Rows of a tall window. */
const FIRST = 25;
/** Includes the border. */
const ROW_PX = ROW_MIN_PX + 1;
const GROUP_PX = 45;
/** Rows rendered beyond the edges, so that Tab always finds the next row. */
const OVERSCAN = 4;

interface ListRowsProps {
  readonly items: readonly Item[];
  /** Number of containers, including those that a filter hides. */
  readonly containers: number;
  readonly draw: (item: Item) => ReactNode;
}

type Rows = Omit<ListRowsProps, "containers">;

export function ListRows(props: ListRowsProps) {
  return (
    <>
      <RowStyles />
      {props.containers > DRAW_ALL ? <VirtualRows {...props} /> : <AllRows {...props} />}
    </>
  );
}

const SCROLLER = { flex: 1, minHeight: 0, overflow: "auto", px: PAGE_X, pb: 8 };

/** The first screenful comes first, and the others in the next frame. */
function AllRows({ items, draw }: Rows) {
  const [first, setFirst] = useState(true);
  useEffect(() => startTransition(() => setFirst(false)), []);
  return (
    <Box sx={SCROLLER}>
      <Box role="list" aria-label="Containers">
        {(first ? items.slice(0, FIRST) : items).map((item) => (
          <Box key={item.key} role="listitem" aria-label={labelOf(item)}>
            {draw(item)}
          </Box>
        ))}
      </Box>
    </Box>
  );
}

/** Renders the visible rows only. Each row states its position in the whole list, because most rows are not in the document. */
function VirtualRows({ items, draw }: Rows) {
  const scroller = useRef<HTMLDivElement>(null);
  const [focused, setFocused] = useState<string | null>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (items[index]?.kind === "group" ? GROUP_PX : ROW_PX),
    getItemKey: (index) => items[index]?.key ?? index,
    overscan: OVERSCAN,
    rangeExtractor: useCallback((range: Range) => withFocused(range, items, focused), [items, focused]),
  });
  return (
    <Box ref={scroller} sx={SCROLLER}>
      <Box
        role="list"
        aria-label="Containers"
        sx={{ position: "relative" }}
        style={{ height: virtual.getTotalSize() }}
        onFocus={(event: FocusEvent<HTMLElement>) => setFocused(keyOfLine(event.target))}
      >
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const item = items[index];
          return (
            item && (
              <Box
                key={key}
                role="listitem"
                aria-label={labelOf(item)}
                aria-setsize={items.length}
                aria-posinset={index + 1}
                data-index={index}
                data-key={item.key}
                ref={virtual.measureElement}
                style={{
                  position: "absolute",
                  top: 0,
                  left: 0,
                  width: "100%",
                  transform: `translateY(${start}px)`,
                }}
              >
                {draw(item)}
              </Box>
            )
          );
        })}
      </Box>
    </Box>
  );
}

/** Keeps the focused row rendered when it scrolls out of view. Otherwise the focus would be lost. */
function withFocused(range: Range, items: readonly Item[], focused: string | null): number[] {
  const drawn = defaultRangeExtractor(range);
  const index = focused === null ? -1 : items.findIndex(({ key }) => key === focused);
  if (index < 0 || drawn.includes(index)) return drawn;
  return [...drawn, index].sort((a, b) => a - b);
}

function keyOfLine(element: Element): string | null {
  return element.closest<HTMLElement>("[data-key]")?.dataset.key ?? null;
}
