/** What {@link logProblems} needs of a log, such as one of pino. */
interface Log {
  info(message: string): void;
  warn(details: { readonly problem: string }, message: string): void;
}

/** The `onProblem` of a program that writes to its log when the collector stops taking traces, and when it takes them again. */
export const logProblems =
  (log: Log) =>
  (problem: string | undefined): void =>
    problem === undefined
      ? log.info('the collector takes traces again')
      : log.warn({ problem }, 'the collector does not take traces: they are dropped');
