/** Leads from those who report something to the one who acts on it, so that the first can be made before the second. */
export interface Channel<T> {
  /** Calls the receiver; does nothing while there is none. */
  send(value: T): void;
  /** Sets the receiver. */
  connect(receiver: (value: T) => void): void;
}

export function createChannel<T>(): Channel<T> {
  let receive: (value: T) => void = () => undefined;
  return {
    send: (value) => receive(value),
    connect(receiver) {
      receive = receiver;
    },
  };
}
