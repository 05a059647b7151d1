/** Forces this colour scheme on the panel, whatever the browser prefers. */
export function setTheme(theme: string | null): void {
  if (theme !== "dark" && theme !== "light") return;
  const real = window.matchMedia.bind(window);
  window.matchMedia = (query) => {
    const scheme = /prefers-color-scheme:\s*(dark|light)/.exec(query)?.[1];
    if (scheme === undefined) return real(query);
    return Object.assign(new EventTarget(), {
      matches: scheme === theme,
      media: query,
      onchange: null,
      addListener() {},
      removeListener() {},
    });
  };
  document.documentElement.style.colorScheme = theme;
}
