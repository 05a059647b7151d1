import {
  alpha,
  createTheme,
  decomposeColor,
  type PaletteColorOptions,
  type Theme,
  type ThemeOptions,
} from "@mui/material/styles";
import { blend, GRAPHIC, readable, TEXT } from "./contrast.ts";

type Hue = "primary" | "success" | "warning" | "error" | "info";
type Styles = Readonly<Record<string, object>>;

/** What Docker's palette calls the colours of states. Its options leave MUI's own names for them out. */
const DOCKER_HUES = { success: "green", warning: "amber", error: "red", info: "blue" } as const;
interface DockerPalette {
  /** Shades from '100', the nearest to the page, to '800'. */
  readonly docker?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Share of the state's colour in an alert's background. */
const TINT = 0.12;
/** Most of a row's colour under the pointer. Docker's 0.4 leaves too little contrast to a row's second text. */
const MOST_HOVER = 0.16;
const MOST_CHOSEN = 0.08;
/** CSS pixels. Docker's theme makes captions of 10.3 px. */
const SMALLEST_TEXT = 12;

/**
 * A host's theme with what it lacks, and without what is too faint to see. Keeps everything that has enough contrast. A theme of
 * Docker Desktop's was last published in 2022, so the panel relies on no colour of it.
 */
export function legible(options: ThemeOptions): ThemeOptions {
  const complete = withBreakpoints(withDockerHues(options));
  const theme = createTheme(complete);
  const palette = legiblePalette(theme, complete);
  return withStyles(
    { ...complete, palette, typography: legibleTypography(theme, complete) },
    stylesFor(createTheme({ ...complete, palette }), complete),
  );
}

function withDockerHues(options: ThemeOptions): ThemeOptions {
  const palette: NonNullable<ThemeOptions["palette"]> & DockerPalette = options.palette ?? {};
  const { docker } = palette;
  if (!docker) return options;
  const named = Object.entries(DOCKER_HUES).map(([name, hue]) => [name, { main: docker[hue]?.["600"] }]);
  const divider = docker.grey?.["300"];
  return {
    ...options,
    palette: { ...Object.fromEntries(named), ...(divider === undefined ? {} : { divider }), ...palette },
  };
}

/** Docker's theme names three widths only, and MUI then ignores every style for the narrowest. */
function withBreakpoints(options: ThemeOptions): ThemeOptions {
  const values = { ...createTheme().breakpoints.values, ...options.breakpoints?.values };
  return { ...options, breakpoints: { ...options.breakpoints, values } };
}

function legiblePalette({ palette }: Theme, options: ThemeOptions): NonNullable<ThemeOptions["palette"]> {
  const grounds = groundsOf(palette);
  const given = options.palette ?? {};
  const opaque = (colour: string) => blend(colour, palette.background.default);
  const hue = (name: Hue): PaletteColorOptions => {
    const main = readable(palette[name].main, grounds, TEXT);
    return main === palette[name].main ? (given[name] ?? { main }) : { main };
  };
  return {
    ...given,
    // MUI's own threshold of 3 is too low for a button's text.
    contrastThreshold: TEXT,
    primary: hue("primary"),
    success: hue("success"),
    warning: hue("warning"),
    error: hue("error"),
    info: hue("info"),
    action: { ...given.action, hover: hoverOf(palette), ...opacitiesOf(palette) },
    text: {
      ...given.text,
      primary: readable(opaque(palette.text.primary), grounds, TEXT),
      secondary: readable(opaque(palette.text.secondary), grounds, TEXT),
      disabled: readable(opaque(palette.text.disabled), grounds, GRAPHIC),
    },
  };
}

/** Everything that text stands on: the page, menus and dialogs, and a row under the pointer. */
function groundsOf(palette: Theme["palette"]): readonly string[] {
  const { default: page, paper } = palette.background;
  return [page, paper, blend(hoverOf(palette), page)];
}

function hoverOf({ action }: Theme["palette"]): string {
  return alpha(action.hover, Math.min(decomposeColor(action.hover).values[3] ?? 1, MOST_HOVER));
}

/** Those of chosen entries of a menu. They add up for an entry that is chosen and has the focus. */
function opacitiesOf({ action }: Theme["palette"]) {
  return {
    focusOpacity: Math.min(action.focusOpacity, MOST_CHOSEN),
    hoverOpacity: Math.min(action.hoverOpacity, MOST_CHOSEN),
    selectedOpacity: Math.min(action.selectedOpacity, MOST_CHOSEN),
  };
}

function legibleTypography({ typography }: Theme, options: ThemeOptions): object {
  const given = typeof options.typography === "object" ? options.typography : {};
  const caption = Number.parseFloat(String(typography.caption.fontSize)) * typography.htmlFontSize;
  if (!(caption < SMALLEST_TEXT)) return given;
  return { ...given, caption: { fontSize: typography.pxToRem((SMALLEST_TEXT * 14) / typography.fontSize) } };
}

/** Styles per component and slot, added to the host's. */
function stylesFor({ palette, typography }: Theme, options: ThemeOptions): Readonly<Record<string, Styles>> {
  const grounds = groundsOf(palette);
  const line = readable(blend(palette.divider, palette.background.default), grounds, GRAPHIC);
  return {
    MuiSwitch: { track: { backgroundColor: trackOf(palette, options), opacity: 1 } },
    MuiButton: { outlined: { "&:not(.Mui-disabled)": { borderColor: "currentColor" } } },
    MuiOutlinedInput: {
      // Docker's theme marks its own with !important, for the field that has the focus as well.
      notchedOutline: { borderColor: `${line} !important` },
      root: {
        "&.Mui-focused .MuiOutlinedInput-notchedOutline": {
          borderColor: `${palette.primary.main} !important`,
          borderWidth: "2px !important",
        },
        "&.Mui-error .MuiOutlinedInput-notchedOutline": { borderColor: `${palette.error.main} !important` },
      },
    },
    MuiMenu: { paper: menuPaper(palette, options) },
    // Its paper may have the page's colour, and a shadow doesn't show in the dark.
    MuiPopover: { paper: { border: `1px solid ${palette.divider}` } },
    MuiInputBase: { input: { "&::placeholder": { color: palette.text.secondary, opacity: 1 } } },
    MuiAlert: Object.fromEntries(
      (["success", "warning", "error", "info"] as const).map((name) => [
        `standard${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        {
          color: palette.text.primary,
          backgroundColor: blend(palette[name].main, palette.background.paper, TINT),
          border: `1px solid ${palette[name].main}`,
        },
      ]),
    ),
    // Docker's theme has capitals, in which names can't be read.
    MuiTooltip: { tooltip: { ...typography.caption, textTransform: "none" } },
  };
}

/** The theme's own, unless a menu's text is too faint on it. */
function menuPaper({ text, background }: Theme["palette"], options: ThemeOptions): object {
  const given = options.components?.MuiMenu?.styleOverrides?.paper as { background?: string } | undefined;
  const own = given?.background ?? background.paper;
  return readable(text.secondary, [own], TEXT) === text.secondary ? {} : { background: background.paper };
}

/** A switch's track while it is off. */
function trackOf(palette: Theme["palette"], options: ThemeOptions): string {
  const { default: page } = palette.background;
  const given = options.components?.MuiSwitch?.styleOverrides?.track as
    | { backgroundColor?: string }
    | undefined;
  // MUI's own.
  const own =
    palette.mode === "light"
      ? blend(palette.common.black, page, 0.38)
      : blend(palette.common.white, page, 0.3);
  return readable(given?.backgroundColor ?? own, groundsOf(palette), GRAPHIC);
}

function withStyles(options: ThemeOptions, styles: Readonly<Record<string, Styles>>): ThemeOptions {
  const given = (options.components ?? {}) as Readonly<Record<string, { readonly styleOverrides?: Styles }>>;
  const components = Object.entries(styles).map(([component, slots]) => {
    const own = given[component]?.styleOverrides ?? {};
    const both = Object.entries(slots).map(([slot, style]) => [slot, own[slot] ? [own[slot], style] : style]);
    return [component, { ...given[component], styleOverrides: { ...own, ...Object.fromEntries(both) } }];
  });
  return { ...options, components: { ...given, ...Object.fromEntries(components) } };
}
