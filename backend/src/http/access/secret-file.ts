/** Where `bin/panel-secret` and `bin/health` find the secret of the current run: on a tmpfs of the backend's container. */
export const PANEL_SECRET_FILE = "/tmp/panel-secret";
