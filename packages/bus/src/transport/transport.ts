/** What carries bytes between processes: each message at most once, and in order between two processes. */
export interface Transport {
  /** Whether messages can be sent now. */
  readonly isConnected: boolean;
  /**
   * Sends a message to all subscribers of `subject` but this process. Returns whether it was taken: a message is not taken without
   * a connection, or while too many bytes wait to be sent.
   */
  publish(subject: string, data: Uint8Array): boolean;
  /** Calls `onData` with each message of a subject. Returns how to end the subscription. */
  subscribe(subject: string, onData: (data: Uint8Array) => void): () => void;
  /** Calls `listener` when the connection is lost, and when it is there again. Messages in between are lost. */
  onConnection(listener: (isConnected: boolean) => void): void;
  /** Resolves when the server has everything that was sent so far, subscriptions included. @throws {BusError} `unreachable` */
  flush(): Promise<void>;
  close(): Promise<void>;
}
