import type { Account } from '@revtr/client';

/** Whether a session may operate the system: its account is an operator's, and the session has the scope. Without an account, it may not. */
export const mayOperate = (account: Account | null | undefined): boolean =>
  account?.role === 'operator' && account.scopes.includes('operate');
