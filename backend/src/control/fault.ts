import { assertNever, type Fault } from "@tailnet-share/contract/errors";
import type { ControlTrouble, LoginTrouble } from "./trouble.ts";

export interface Attempt {
  trouble: LoginTrouble;
  controlUrl: string;
  /** Logged in by an auth key, not by a link. */
  byKey: boolean;
  /** The message from tailscaled or the control server; null without one. */
  text: string | null;
}

/** Maps login trouble to a fault of the contract. Pure. */
export function loginFaultOf({ trouble, controlUrl, byKey, text }: Attempt): Fault {
  const said = text === null ? "." : `: ${text}`;
  switch (trouble) {
    case "not-a-control-server":
    case "untrusted-certificate":
    case "unknown-name":
    case "proxy":
    case "unreachable":
      return controlFault(trouble, controlUrl);
    case "key-expired":
      return refusedKey(`This auth key has expired${said}`, NEW_KEY);
    case "key-used":
      return refusedKey(
        `This auth key was for one device, and has been used${said}`,
        "Make a new key in the admin console; for several machines a reusable one.",
      );
    case "key-refused":
      return byKey ? refusedKey(`Auth key rejected${said}`, NEW_KEY) : refusedLogin(said, byKey);
    case "rate-limited":
      return {
        code: "LOGIN_LIMITED",
        message: `The control server has had too many logins${said}`,
        hint: "Wait a few minutes. The login is retried.",
      };
    case "device-limit":
      return {
        code: "DEVICE_LIMIT",
        message: `The tailnet takes no more devices${said}`,
        hint: "Remove devices in the admin console, or raise the limit, then try again.",
      };
    case "refused":
      return refusedLogin(said, byKey);
    default:
      return assertNever(trouble);
  }
}

/** Explains why this backend can't use the control server. Pure. */
function controlFault(trouble: ControlTrouble, controlUrl: string): Fault {
  const host = hostOf(controlUrl);
  switch (trouble) {
    case "not-a-control-server":
      return {
        code: "NOT_A_CONTROL_SERVER",
        message: `${host} answers, but it is no control server.`,
        hint: "Check the address: http or https, the port, no path. A reverse proxy has to pass upgrades on.",
      };
    case "untrusted-certificate":
      return {
        code: "CONTROL_CERTIFICATE",
        message: `The certificate of ${host} is not trusted.`,
        hint: "If it is from an authority of your own or your company's, add that authority's certificate in the settings.",
      };
    case "unknown-name":
      return {
        code: "CONTROL_NAME_UNKNOWN",
        message: `DNS does not know the control server ${host}.`,
        hint: "Check the address and this machine's DNS, then try again.",
      };
    case "proxy":
      return {
        code: "CONTROL_UNREACHABLE",
        message: `The proxy does not let through to the control server ${host}.`,
        hint: "Check HTTPS_PROXY and NO_PROXY of Tailnet Share, and the proxy's rules.",
      };
    case "unreachable":
      return {
        code: "CONTROL_UNREACHABLE",
        message: `Can't reach the control server ${host}.`,
        hint: "Check the address and your internet connection, then try again.",
      };
    default:
      return assertNever(trouble);
  }
}

/** Blames the container's network when the node reaches the control server and the machine doesn't. Pure. */
export function cutOffFault(trouble: ControlTrouble, controlUrl: string): Fault {
  const host = hostOf(controlUrl);
  switch (trouble) {
    case "unknown-name":
      return {
        code: "CONTROL_NAME_UNKNOWN",
        message: `This container's DNS does not know the control server ${host}.`,
        hint: "Give the container another DNS server, or share it on the node, which needs none.",
      };
    case "unreachable":
    case "proxy":
      return {
        code: "NETWORK_CUT_OFF",
        message: `This container's network cannot reach the control server ${host}.`,
        hint: "Connect the container to another network as well, or share it on the node.",
      };
    case "untrusted-certificate":
    case "not-a-control-server":
      return controlFault(trouble, controlUrl);
    default:
      return assertNever(trouble);
  }
}

const NEW_KEY = "Make a new key in the admin console and try again.";

function refusedKey(message: string, hint: string): Fault {
  return { code: "AUTH_KEY_REFUSED", message, hint };
}

function refusedLogin(said: string, byKey: boolean): Fault {
  return {
    code: "LOGIN_FAILED",
    message: `The control server refused the login${said}`,
    hint: byKey ? "Try another key, or log in by link." : "Get a new link and try again.",
  };
}

export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}
