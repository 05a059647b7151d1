import { Component, type ReactNode } from "react";

interface GuardProps {
  /** Renders the fallback; `again` retries. */
  readonly fallback: (again: () => void) => ReactNode;
  readonly onFail?: () => void;
  readonly children: ReactNode;
}

/** Contains errors from rendering or loading its children, so that the rest of the panel survives. */
export class ErrorBoundary extends Component<GuardProps, { readonly failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidCatch() {
    this.props.onFail?.();
  }

  override render() {
    const { fallback, children } = this.props;
    return this.state.failed ? fallback(() => this.setState({ failed: false })) : children;
  }
}
