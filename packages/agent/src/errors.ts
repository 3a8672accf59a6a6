/** Why an agent cannot run. Codes are stable. */
export type AgentErrorCode = 'badArguments' | 'badConfig' | 'missingFile' | 'selfTestFailed';

/** The one error class of the agent: a stable code, a sentence for a person with the remedy, the place. */
export class AgentError extends Error {
  readonly code: AgentErrorCode;
  readonly details: readonly string[];

  constructor(code: AgentErrorCode, message: string, details: readonly string[] = []) {
    super(message);
    this.name = 'AgentError';
    this.code = code;
    this.details = details;
  }
}
