import { darken, decomposeColor, getContrastRatio, getLuminance, lighten } from "@mui/material/styles";

/** WCAG 2.2, 1.4.3: text. */
export const TEXT = 4.5;
/** WCAG 2.2, 1.4.11: controls, and graphics that say something. */
export const GRAPHIC = 3;

const STEP = 0.05;

/** The colour that a half-transparent `colour` gives on an opaque `ground`. `share`: of `colour`, from 0 to 1; default: its alpha. */
export function blend(colour: string, ground: string, share = decomposeColor(colour).values[3] ?? 1): string {
  const over = decomposeColor(colour).values;
  const under = decomposeColor(ground).values;
  const mixed = [0, 1, 2].map((i) => Math.round((over[i] ?? 0) * share + (under[i] ?? 0) * (1 - share)));
  return `rgb(${mixed.join(", ")})`;
}

/** The given colour if it has the contrast on every ground, otherwise the nearest lighter or darker one that has it. */
export function readable(colour: string, grounds: readonly string[], ratio: number): string {
  const hasContrast = (one: string) => grounds.every((ground) => getContrastRatio(one, ground) >= ratio);
  const change = grounds.some((ground) => getLuminance(ground) < 0.18) ? lighten : darken;
  for (let amount = 0; amount < 1; amount += STEP) {
    const changed = amount === 0 ? colour : change(colour, amount);
    if (hasContrast(changed)) return changed;
  }
  return change(colour, 1);
}
