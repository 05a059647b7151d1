export interface Gate {
  readonly opened: Promise<void>;
  open(): void;
}

/** A promise that resolves when its owner calls `open`. */
export function gate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}
