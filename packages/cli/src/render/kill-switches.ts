import type { KillSwitch } from '@revtr/client';

/** What is stopped, one line each. */
export function renderKillSwitches(switches: readonly KillSwitch[]): string {
  if (switches.length === 0) return 'nothing is stopped\n';
  return switches
    .map(({ scope, subject, reason, setAt }) => `${[scope, subject].join(' ').trim()}: ${reason} (since ${setAt})\n`)
    .join('');
}
