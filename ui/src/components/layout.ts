/** Space left and right of everything, in theme units. */
export const PAGE_X = { xs: 2, md: 3 };

/** The list's columns: opener, status, name, image, address, switch, menu. Narrow panels fold the address below. */
export const ROW_GRID = {
  display: "grid",
  columnGap: 1.5,
  alignItems: "center",
  gridTemplateColumns: {
    xs: "32px minmax(0, 1fr) 7.375rem 46px 32px",
    md: "32px 8rem minmax(120px, 1fr) minmax(90px, 0.75fr) minmax(240px, 1.7fr) 46px 32px",
  },
  gridTemplateAreas: {
    xs: '"open name status switch menu" ". reach reach reach reach"',
    md: '"open status name image reach switch menu"',
  },
};

export const ELLIPSIS = { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" };

/** What a row's height has room for. */
export const TWO_LINES = {
  display: "-webkit-box",
  WebkitLineClamp: 2,
  WebkitBoxOrient: "vertical",
  overflow: "hidden",
  overflowWrap: "anywhere",
};

/** Read out, not drawn. */
export const VISUALLY_HIDDEN = {
  position: "absolute",
  width: "1px",
  height: "1px",
  overflow: "hidden",
  clipPath: "inset(50%)",
  whiteSpace: "nowrap",
};
