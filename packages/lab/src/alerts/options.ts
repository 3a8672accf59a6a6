import { parseArgs } from 'node:util';
import { parseOrExit } from '../command-line.ts';
import { FACTOR } from './prometheus/faster-rules.ts';
import { LONGEST, STAGES } from './trials/stages.ts';

export const HELP = `npm run alerts -- [options]

Runs a controller of two processes of each role with PostgreSQL, NATS, agents
on a simulated Internet, and Prometheus with the rules of deploy/monitoring.
Lets a fault happen for each alert, waits until Prometheus fires it, ends the
fault, and waits until the alert is resolved. Durations in the rules are divided
by ${FACTOR}, so that a run takes about twenty minutes.

  --only <alerts>   only the faults of these alerts, separated by commas
  --keep <dir>      directory for the logs of a run that fails
                    (default .revtr/alerts)

Prints a table to standard output. The exit code is 1 if an alert did not fire,
was not resolved, or fired without a fault. Requires root and the Debian
packages iproute2, libfaketime, nats-server, nftables, postgresql, prometheus
and scamper. docs/running.md describes the alerts.
`;

/** The options of the command. */
export interface AlertsOptions {
  /** Names of alerts. Empty: all. */
  readonly only: readonly string[];
  readonly keep: string;
  readonly help: boolean;
}

/** Reads the options of the command. Ends the process when it cannot. */
export function parseAlertsOptions(args: readonly string[]): AlertsOptions {
  const options = {
    only: { type: 'string', default: '' },
    keep: { type: 'string', default: '.revtr/alerts' },
    help: { type: 'boolean', default: false },
  } as const;
  const { values } = parseOrExit(() => parseArgs({ args: [...args], options }), HELP);
  const only = values.only.split(',').filter((name) => name !== '');
  const unknown = withoutFault(only);
  if (unknown.length > 0) {
    process.stderr.write(`alerts: --only: no fault triggers ${unknown.join(', ')}\n`);
    process.exit(2);
  }
  return { ...values, only };
}

/** Those of the names that are not of alerts which a fault triggers. */
export function withoutFault(names: readonly string[]): string[] {
  const triggered = new Set([LONGEST, ...STAGES.flat(2)].flatMap(({ alerts }) => alerts));
  return names.filter((name) => !triggered.has(name));
}
