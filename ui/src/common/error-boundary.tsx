import { Component, type ReactNode } from "react";

interface GuardProps {
  /** What is drawn instead; `again` tries once more. */
  readonly fallback: (again: () => void) => ReactNode;
  readonly onFail?: () => void;
  readonly children: ReactNode;
}

/** Keeps what fails while it is drawn, or while it is loaded, from taking everything around it away. */
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
