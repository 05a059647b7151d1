// Injects what Docker Desktop adds to the page before the panel: theme options for MUI 6, and the colour scheme. `?theme=dark` or
// `?theme=light` sets the scheme that the panel sees; without it the browser's own applies.
(() => {
  const wanted = new URLSearchParams(location.search).get("theme");
  if (wanted === "dark" || wanted === "light") {
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
  }
  const font = '"Roboto", "Segoe UI", "Helvetica Neue", Arial, sans-serif';
  const common = {
    typography: { fontFamily: font, fontSize: 14, button: { textTransform: "none" } },
    shape: { borderRadius: 4 },
    spacing: 8,
  };
  window.__ddMuiV6Themes = {
    light: {
      ...common,
      palette: {
        mode: "light",
        primary: { main: "#1d63ed" },
        success: { main: "#2e7f74" },
        warning: { main: "#a35a00" },
        error: { main: "#d52536" },
        background: { default: "#ffffff", paper: "#ffffff" },
        text: { primary: "#17191e", secondary: "#445068" },
        divider: "#c4c8d1",
      },
    },
    dark: {
      ...common,
      palette: {
        mode: "dark",
        primary: { main: "#6fa1ff" },
        success: { main: "#55c0ad" },
        warning: { main: "#ffb266" },
        error: { main: "#ff8590" },
        background: { default: "#17191e", paper: "#1f2229" },
        text: { primary: "#ffffff", secondary: "#b9c0cc" },
        divider: "#3a404c",
      },
    },
  };
  window.__ddMuiV5Themes = window.__ddMuiV6Themes;
})();
