import type { KillSwitch } from '@revtr/client';

/** Scopes whose name on the command line is another one. */
const NAMES: Readonly<Record<string, string>> = { probing: 'all', vantagePoint: 'vp' };

/** What is stopped, one line each. */
export function renderKillSwitches(switches: readonly KillSwitch[]): string {
  if (switches.length === 0) return 'nothing is stopped\n';
  return switches
    .map(
      ({ scope, subject, reason, setAt }) =>
        `${[NAMES[scope] ?? scope, subject].join(' ').trim()}: ${reason} (since ${setAt})\n`,
    )
    .join('');
}
