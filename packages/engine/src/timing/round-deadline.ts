/** State of a round of parallel probes. */
export interface RoundState {
  /** How long the first answer and the first useful answer were waited for, milliseconds; `undefined` before that. */
  readonly firstAnswerMs: number | undefined;
  readonly firstUsefulMs: number | undefined;
}

/**
 * When a round ends although answers are missing, milliseconds after its last probe has left, or the one that has the first useful answer.
 * It is asked again after each answer and can only become earlier.
 */
export type RoundDeadline = (state: RoundState) => number;
