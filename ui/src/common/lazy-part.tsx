import { type ReactNode, Suspense } from "react";
import { useSession } from "../api/session.tsx";
import { ErrorBoundary } from "./error-boundary.tsx";

interface LoadedPartProps {
  /** Holds the room until it is there. */
  readonly fallback?: ReactNode;
  readonly children: ReactNode;
}

/** For what is loaded on demand. Its file is gone when the extension was updated under an open panel. */
export function LazyPart({ fallback = null, children }: LoadedPartProps) {
  const { notices } = useSession();
  const say = () =>
    notices.error(
      "This part of the panel could not be loaded.",
      "The extension may have been updated in the meantime.",
      "Close this tab and open it again.",
    );
  return (
    <ErrorBoundary fallback={() => fallback} onFail={say}>
      <Suspense fallback={fallback}>{children}</Suspense>
    </ErrorBoundary>
  );
}
