import type { Account, ApiKey, User } from '@revtr/client';
import type { Screen } from '../terminal.ts';
import { count } from './count.ts';
import { table } from './layout/table.ts';

const limitsOf = ({ limits: { perDay, perMinute, parallel } }: User): string =>
  `${count(perDay)} a day, ${count(perMinute)} a minute, ${count(parallel)} in parallel`;

/** The own account. */
export function renderAccount(account: Account): string {
  const { id, name, email, role, scopes } = account;
  return `${name} <${email}>, ${role} ${id}\nlimits: ${limitsOf(account)}\nyour API key permits: ${scopes.join(', ')}\n`;
}

/** Users as a table. */
export function renderUsers(users: readonly User[], screen: Screen): string {
  if (users.length === 0) return 'no user\n';
  return table<User>(
    [
      { head: 'ID', align: 'right', cell: ({ id }) => String(id) },
      { head: 'ROLE', cell: ({ role }) => role },
      { head: 'NAME', least: 8, cell: ({ name }) => name },
      { head: 'E-MAIL', least: 12, cell: ({ email }) => email },
      { head: 'A DAY', align: 'right', cell: ({ limits }) => String(limits.perDay) },
      { head: 'A MINUTE', align: 'right', cell: ({ limits }) => String(limits.perMinute) },
      { head: 'PARALLEL', align: 'right', cell: ({ limits }) => String(limits.parallel) },
      { head: 'WEIGHT', align: 'right', cell: ({ weight }) => String(weight) },
      { head: 'STATE', cell: ({ disabled }) => (disabled ? 'disabled' : 'active') },
    ],
    users,
    screen,
  );
}

/** API keys as a table. */
export function renderKeys(keys: readonly ApiKey[], screen: Screen): string {
  if (keys.length === 0) return 'no API key\n';
  return table<ApiKey>(
    [
      { head: 'ID', align: 'right', cell: ({ id }) => String(id) },
      { head: 'HASH', cell: ({ fingerprint }) => fingerprint },
      { head: 'NAME', least: 8, cell: ({ name }) => name || '-' },
      { head: 'SCOPES', least: 8, cell: ({ scopes }) => scopes.join(',') },
      { head: 'USED', cell: ({ lastUsedAt, isCurrent }) => (isCurrent ? 'this key' : timeOf(lastUsedAt)) },
      { head: 'EXPIRES', cell: ({ expiresAt }) => timeOf(expiresAt) },
    ],
    keys,
    screen,
  );
}

const timeOf = (time: string | undefined): string =>
  time === undefined ? 'never' : time.replace('T', ' ').replace(/:\d\d\.\d+Z$/, 'Z');
