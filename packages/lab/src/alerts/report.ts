import type { Outcome } from './trials/run-trial.ts';

/** What a run has shown. */
export interface AlertReport {
  readonly outcomes: readonly Outcome[];
  /** Alerts that fired although no fault explains them. */
  readonly unexpected: readonly string[];
  /** Alerts of the rules for which there is no fault. */
  readonly forgotten: readonly string[];
}

/** Whether each alert fired for its fault, was resolved after it, and for nothing else. */
export const isGood = ({ outcomes, unexpected, forgotten }: AlertReport): boolean =>
  unexpected.length + forgotten.length === 0 && outcomes.every(({ resolvedAfter }) => resolvedAfter !== undefined);

/** The report as a table in Markdown. */
export function tableOf({ outcomes, unexpected, forgotten }: AlertReport): string {
  const seconds = (count: number | undefined): string => (count === undefined ? 'not' : `${count} s`);
  const rows = [
    ['alert', 'fault', 'fires after', 'is resolved after'],
    ['---', '---', '---', '---'],
    ...outcomes.map(({ alert, fault, firedAfter, resolvedAfter }) => {
      return [`\`${alert}\``, fault, seconds(firedAfter), seconds(resolvedAfter)];
    }),
  ];
  return [
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    ...unexpected.map((alert) => `unexpected: ${alert}`),
    ...forgotten.map((alert) => `no fault is known for ${alert}`),
  ]
    .map((line) => `${line}\n`)
    .join('');
}
