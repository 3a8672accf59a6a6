import type { Account, ApiKey, User } from '@revtr/client';

const limitsOf = ({ limits: { perDay, perMinute, parallel } }: User): string =>
  `${perDay} a day, ${perMinute} a minute, ${parallel} in parallel`;

/** The own account. */
export function renderAccount(account: Account): string {
  const { id, name, email, role, scopes } = account;
  return `${name} <${email}>, ${role} ${id}\nlimits: ${limitsOf(account)}\nyour API key permits: ${scopes.join(', ')}\n`;
}

/** Users, one a line. */
export function renderUsers(users: readonly User[]): string {
  if (users.length === 0) return 'no user\n';
  return users
    .map((user) => {
      const { id, name, email, role, disabled } = user;
      return `${String(id).padEnd(6)} ${role.padEnd(9)} ${name} <${email}>  ${limitsOf(user)}${disabled ? '  disabled' : ''}\n`;
    })
    .join('');
}

/** API keys, one a line. */
export function renderKeys(keys: readonly ApiKey[]): string {
  if (keys.length === 0) return 'no API key\n';
  return keys
    .map(({ id, fingerprint, name, scopes, expiresAt, lastUsedAt, isCurrent }) => {
      const times = [
        lastUsedAt === undefined ? 'never used' : `used ${lastUsedAt}`,
        ...(expiresAt === undefined ? [] : [`expires ${expiresAt}`]),
        ...(isCurrent ? ['this key'] : []),
      ];
      return `${String(id).padEnd(6)} ${fingerprint}  ${name}  ${scopes.join(',')}  ${times.join(', ')}\n`;
    })
    .join('');
}
