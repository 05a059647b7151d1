import { Box } from "@mui/material";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useRef } from "react";
import type { Item } from "../model/layout.ts";
import { PAGE_X } from "./layout.ts";

/** Up to here every row is drawn, which keeps the browser's own search and screen readers' lists whole. */
const DRAW_ALL = 100;
const ROW_PX = 61;
const GROUP_PX = 45;
/** Rows beyond the edges, so that moving the focus by Tab always finds the next row drawn. */
const OVERSCAN = 8;

interface ListRowsProps {
  readonly items: readonly Item[];
  readonly draw: (item: Item) => ReactNode;
}

export function ListRows(props: ListRowsProps) {
  return props.items.length > DRAW_ALL ? <VirtualRows {...props} /> : <AllRows {...props} />;
}

const SCROLLER = { flex: 1, minHeight: 0, overflow: "auto", px: PAGE_X, pb: 8 };

function AllRows({ items, draw }: ListRowsProps) {
  return (
    <Box sx={SCROLLER}>
      <Box role="list" aria-label="Containers">
        {items.map((item) => (
          <div key={item.key} role="presentation">
            {draw(item)}
          </div>
        ))}
      </Box>
    </Box>
  );
}

function VirtualRows({ items, draw }: ListRowsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => (items[index]?.kind === "group" ? GROUP_PX : ROW_PX),
    getItemKey: (index) => items[index]?.key ?? index,
    overscan: OVERSCAN,
  });
  return (
    <Box ref={scroller} sx={SCROLLER}>
      <Box
        role="list"
        aria-label="Containers"
        sx={{ position: "relative" }}
        style={{ height: virtual.getTotalSize() }}
      >
        {virtual.getVirtualItems().map(({ key, index, start }) => {
          const item = items[index];
          return (
            item && (
              <div
                key={key}
                role="presentation"
                data-index={index}
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
              </div>
            )
          );
        })}
      </Box>
    </Box>
  );
}
