// Sets the colour scheme that the panel sees: `?theme=dark` or `?theme=light`. Without it, the browser's own applies.
(() => {
  const wanted = new URLSearchParams(location.search).get("theme");
  if (wanted !== "dark" && wanted !== "light") return;
  const real = window.matchMedia.bind(window);
  window.matchMedia = (query) => {
    const scheme = /prefers-color-scheme:\s*(dark|light)/.exec(query)?.[1];
    if (scheme === undefined) return real(query);
    return Object.assign(new EventTarget(), {
      matches: scheme === wanted,
      media: query,
      onchange: null,
      addListener() {},
      removeListener() {},
    });
  };
  document.documentElement.style.colorScheme = wanted;
})();
