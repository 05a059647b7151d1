import type { GalleryState } from "./state.ts";

const THEMES = ["light", "dark"] as const;
const WIDTH = 1040;
const HEIGHT = 720;
const SCALE = 0.45;

/** Shows every state in both themes as a thumbnail. A click opens the full state. */
export function drawIndex(states: readonly GalleryState[]): void {
  const heading = element("h1", {}, `Tailnet Share: ${states.length} states`);
  document.body.replaceChildren(heading, ...states.map(sectionOf));
  Object.assign(document.body.style, { fontFamily: "system-ui, sans-serif", margin: "24px" });
}

function sectionOf({ id, title }: GalleryState): HTMLElement {
  const pictures = element("div", { style: "display: flex; flex-wrap: wrap; gap: 16px" });
  pictures.append(...THEMES.map((theme) => frameOf(`gallery.html#state=${id}&theme=${theme}`, theme)));
  const section = element("section", { id, style: "margin-bottom: 32px" });
  section.append(element("h2", { style: "font-size: 16px" }, `${title} (${id})`), pictures);
  return section;
}

function frameOf(address: string, theme: string): HTMLElement {
  const size = `width: ${WIDTH * SCALE}px; height: ${HEIGHT * SCALE}px`;
  const frame = element("iframe", {
    src: address,
    title: theme,
    loading: "lazy",
    tabindex: "-1",
    style: `width: ${WIDTH}px; height: ${HEIGHT}px; border: 0; transform: scale(${SCALE}); transform-origin: 0 0`,
  });
  const box = element("div", { style: `${size}; overflow: hidden; outline: 1px solid` });
  box.append(frame);
  const link = element("a", { href: address, style: "display: block" }, `${theme}, alone`);
  const figure = element("div", {});
  figure.append(link, box);
  return figure;
}

function element(tag: string, attributes: Readonly<Record<string, string>>, text = ""): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}
