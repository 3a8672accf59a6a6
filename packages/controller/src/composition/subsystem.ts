/** A part of the controller that runs: opened by a function of its own, started and stopped by the controller. */
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
  /** Ends all work. Subsystems stop in reverse order; what is unfinished is durable. */
  stop(): Promise<void> | void;
}
