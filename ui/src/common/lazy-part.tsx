import { type ReactNode, Suspense } from "react";
import { useSession } from "../api/session.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";

interface LoadedPartProps {
  /** Reserves the space until the part has loaded. */
  readonly fallback?: ReactNode;
  readonly children: ReactNode;
}

/** Renders a part that is loaded on demand. Loading fails when Tailnet Share was updated under an open panel: the file is gone. */
export function LazyPart({ fallback = null, children }: LoadedPartProps) {
  const { notices } = useSession();
  const say = () =>
    notices.error(
      "Couldn't load this part of the panel.",
      "Tailnet Share may have been updated in the meantime.",
      "Close this tab and open it again.",
    );
  return (
    <ErrorBoundary fallback={() => fallback} onFail={say}>
      <Suspense fallback={fallback}>{children}</Suspense>
    </ErrorBoundary>
  );
}
