// `window.ddClient` as @docker/extension-api-client-types 0.4.2 describes it. Records calls to the host in
// `__toasts`, `__opened` and `__navigated` for tests. `?errors=bare` drops the body of a failed answer, as some hosts do;
// `?errors=text` puts the whole body into `message`; `?wrap=data` wraps answers in `{data}`, as some releases did. `?cli=docker` runs
// only the `docker` command, and `?cli=none` nothing. `?host=rancher` and `?host=podman` send, answer and fail as the bridges of Rancher
// Desktop and Podman Desktop do.
(() => {
  const options = new URLSearchParams(location.search);
  window.__toasts = [];
  window.__opened = [];
  window.__navigated = [];

  const JSON_TYPE = { "content-type": "application/json" };
  /** How each host turns `request`'s `data` into a body, and an answer that is no 2xx into a rejection. */
  const BRIDGES = {
    docker: {
      encode: (data) => (typeof data === "string" ? data : JSON.stringify(data)),
      headers: JSON_TYPE,
      failure,
    },
    rancher: {
      encode: (data) => String(data),
      headers: {},
      failure: (statusCode, message) => ({ statusCode, message }),
    },
    podman: {
      encode: (data) => JSON.stringify(data),
      headers: JSON_TYPE,
      failure: (status) =>
        new Error(status === 401 || status === 403 ? "Unable to get access" : `Response code ${status}`),
    },
  };
  const bridge = BRIDGES[options.get("host") ?? "docker"];

  function failure(status, body) {
    let message = body;
    if (options.get("errors") === "bare") message = `Request failed with status code ${status}`;
    else if (options.get("errors") !== "text") {
      try {
        message = JSON.parse(body).message ?? body;
      } catch {}
    }
    return { name: "Error", statusCode: status, message };
  }

  async function request({ method = "GET", url, data, headers }) {
    const sent =
      data === undefined || data === null
        ? { headers }
        : { headers: { ...bridge.headers, ...headers }, body: bridge.encode(data) };
    const answer = await fetch("/__dd/request", {
      method: "POST",
      headers: JSON_TYPE,
      body: JSON.stringify({ method, url, ...sent }),
    });
    const { status, body } = await answer.json();
    if (status < 200 || status > 299) throw bridge.failure(status, body);
    let value = body;
    try {
      value = JSON.parse(body);
    } catch {}
    return options.get("wrap") === "data" ? { data: value } : value;
  }

  /** Resolves with the output of a program, and rejects with it when the program failed. */
  const exec = (scope) => async (command, args) => {
    const answer = await fetch("/__dd/exec", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ scope, argv: [command, ...args] }),
    });
    const { error, ...result } = await answer.json();
    if (error !== undefined) throw new Error(error);
    if (result.code !== 0) throw result;
    return { cmd: [command, ...args].join(" "), lines: () => result.stdout.split(/\r?\n/), ...result };
  };
  const cli = options.get("cli") ?? "all";

  function toast(severity) {
    return (message) => {
      window.__toasts.push({ severity, message });
      const element = document.createElement("div");
      element.setAttribute("data-dd-toast", severity);
      element.textContent = message;
      element.style.cssText =
        "position:fixed;right:16px;bottom:16px;z-index:9999;padding:12px 16px;border-radius:4px;color:#fff;background:#17191e;font:14px sans-serif";
      document.body.append(element);
      setTimeout(() => element.remove(), 4000);
    };
  }

  const unavailable = (what) => () => Promise.reject(new Error(`${what} is not part of the stand-in`));
  const navigate = (intent) => (id) => {
    window.__navigated.push({ intent, id });
    // The real client accepts a full ID only.
    return id === undefined || /^[0-9a-f]{64}$/.test(id)
      ? Promise.resolve()
      : Promise.reject(new Error("not a container's ID"));
  };

  window.ddClient = {
    extension: {
      image: "tailnet-share:dev",
      vm: {
        cli: { exec: cli === "all" ? exec("backend") : unavailable("vm.cli.exec") },
        service: {
          get: (url) => request({ url }),
          head: (url) => request({ method: "HEAD", url }),
          delete: (url) => request({ method: "DELETE", url }),
          post: (url, data) => request({ method: "POST", url, data }),
          put: (url, data) => request({ method: "PUT", url, data }),
          patch: (url, data) => request({ method: "PATCH", url, data }),
          request,
        },
      },
      host: { cli: { exec: unavailable("host.cli.exec") } },
    },
    desktopUI: {
      toast: { success: toast("success"), warning: toast("warning"), error: toast("error") },
      dialog: { showOpenDialog: unavailable("dialog.showOpenDialog") },
      navigate:
        options.get("host") === "rancher"
          ? {}
          : Object.fromEntries(
              [
                "viewContainers",
                "viewContainer",
                "viewContainerLogs",
                "viewContainerInspect",
                "viewContainerTerminal",
                "viewContainerStats",
                "viewImages",
                "viewImage",
                "viewVolumes",
                "viewVolume",
              ].map((intent) => [intent, navigate(intent)]),
            ),
    },
    host: {
      openExternal(url) {
        if (!/^https?:\/\//.test(url)) throw new Error(`only http and https can be opened: ${url}`);
        window.__opened.push(url);
      },
      platform: "linux",
      arch: "x64",
      hostname: "stand-in",
    },
    docker: {
      cli: { exec: cli === "none" ? unavailable("docker.cli.exec") : exec("docker") },
      listContainers: unavailable("listContainers"),
      listImages: unavailable("listImages"),
    },
  };
})();
