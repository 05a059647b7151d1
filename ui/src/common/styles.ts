/** Horizontal page padding, in theme units. In a wide panel, as much as Docker's theme gives a page. */
export const PAGE_X = { xs: 2, md: 4 };

export const ELLIPSIS = { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap" };

/** Clamps text to the two lines that fit in a row. */
export const TWO_LINES = {
  display: "-webkit-box",
  WebkitLineClamp: 2,
  WebkitBoxOrient: "vertical",
  overflow: "hidden",
  overflowWrap: "anywhere",
};

/** Keeps text for screen readers and hides it visually. */
export const VISUALLY_HIDDEN = {
  position: "absolute",
  width: "1px",
  height: "1px",
  overflow: "hidden",
  clipPath: "inset(50%)",
  whiteSpace: "nowrap",
};
