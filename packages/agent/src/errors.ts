type NoDetails = Readonly<Record<never, never>>;

/** The stable codes of {@link AgentError}, and the details that each code carries. */
export interface AgentErrorDetails {
  /** The command line cannot be understood. */
  readonly badArguments: NoDetails;
  /** The configuration file is not valid. `problems` has one line for each wrong value. */
  readonly badConfig: { readonly problems: readonly string[] };
  /** A file cannot be read. */
  readonly missingFile: { readonly path: string };
  /** The host lacks something that the agent needs. The message names the remedy. */
  readonly selfTestFailed: NoDetails;
}
/** Stable codes of {@link AgentError}. */
export type AgentErrorCode = keyof AgentErrorDetails;

/** Why an agent cannot run: a stable code, a message for its operator, and details typed by the code. */
export class AgentError<Code extends AgentErrorCode = AgentErrorCode> extends Error {
  readonly code: Code;
  readonly details: AgentErrorDetails[Code];

  constructor(code: Code, message: string, details: AgentErrorDetails[Code]) {
    super(message);
    this.name = 'AgentError';
    this.code = code;
    this.details = details;
  }
}
