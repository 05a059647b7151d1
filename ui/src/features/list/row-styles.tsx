import { GlobalStyles, type Theme } from "@mui/material";
import { ELLIPSIS, TWO_LINES } from "../../common/styles.ts";

/** Fits two lines of address or status, or a name with an address below it. A port warning adds a line. */
export const ROW_MIN_PX = 64;
const WARNED_MIN_PX = 80;

/**
 * Styles rows with plain classes. Each keystroke in the search renders a screenful of different rows, and per-element styles
 * would take most of that time.
 */
export function RowStyles() {
  return <GlobalStyles styles={rowStyles} />;
}

/**
 * Columns: opener, status, name, image, address, switch, menu. In a narrow list the address replaces project and image, below the
 * name. A row has the same height with and without an address, so that no row moves when another one is shared.
 */
function rowStyles({ palette, typography, containerQueries, spacing }: Theme) {
  const wide = containerQueries.up("md");
  const narrow = containerQueries.down("md");
  const small = { ...typography.caption, color: palette.text.secondary, ...ELLIPSIS };
  return {
    ".row": { borderBottom: `1px solid ${palette.divider}` },
    ".row-line": {
      display: "grid",
      columnGap: spacing(1.5),
      alignItems: "center",
      alignContent: "center",
      minHeight: ROW_MIN_PX,
      padding: `${spacing(0.75)} 0`,
      gridTemplateColumns: "32px minmax(0, 1fr) 7.375rem 46px 32px",
      gridTemplateAreas: '"open name status switch menu" "open reach status switch menu"',
      "&:hover": { backgroundColor: palette.action.hover },
      [wide]: {
        gridTemplateColumns:
          "32px 8rem minmax(120px, 1fr) minmax(90px, 0.75fr) minmax(240px, 1.7fr) 46px 32px",
        gridTemplateAreas: '"open status name image reach switch menu"',
      },
    },
    ".row-line > *": { minWidth: 0 },
    ".row-open": { gridArea: "open", justifySelf: "center" },
    ".row-status": { gridArea: "status" },
    ".row-cell-name": { gridArea: "name" },
    ".row-name": { ...typography.body1, fontWeight: typography.fontWeightBold, ...ELLIPSIS },
    ".row-project": small,
    ".row-image-below": { [wide]: { display: "none" } },
    ".row-image": {
      gridArea: "image",
      ...typography.body1,
      color: palette.text.secondary,
      // Registry and tag both matter, so one line is too short.
      ...TWO_LINES,
      display: "none",
      [wide]: { display: "-webkit-box" },
    },
    ".row-reach": { gridArea: "reach" },
    ".row-project-beside": { ...typography.caption, color: palette.text.secondary, marginLeft: spacing(1) },
    ".row-line:not(.row-reached) .row-project-beside": { display: "none" },
    ".row-line.row-warned": { minHeight: WARNED_MIN_PX },
    [wide]: { ".row-project-beside": { display: "none" } },
    [narrow]: {
      ".row-reached .row-project": { display: "none" },
      ".row-line .reach-text": { display: "block", ...ELLIPSIS },
    },
    ".row-switch": { gridArea: "switch" },
    ".row-menu": { gridArea: "menu" },
  };
}
