/** A running part of the controller. Each has a function `open…` that opens it; the controller starts and stops it. */
export interface Subsystem {
  /** Name of the subsystem in the log. */
  readonly name: string;
  /** Begins to work. Subsystems start one after the other, in the order in which they were opened. */
  start(): Promise<void> | void;
  /**
   * Begins work that needs agents. The controller calls it once, when the agents that were ready before a restart are connected again
   * or have had 20 seconds to connect.
   */
  onAgentsSettled?(): Promise<void> | void;
  /** Ends all work. Subsystems stop in reverse order. Unfinished work stays in the database. */
  stop(): Promise<void> | void;
}
