import { useSession } from "../api/session.tsx";

/** Copies a text and confirms it, or explains how to copy by hand. Shows `summary` instead of a text that is too long. */
export function useCopy(): (text: string, summary?: string) => Promise<boolean> {
  const { host, notices } = useSession();
  return async (text, summary = text) => {
    const copied = await host.copy(text);
    if (copied) notices.info(`Copied ${summary}`);
    else notices.error("Couldn't copy.", "", `Select it and copy: ${summary}`);
    return copied;
  };
}
