import type { Account } from '@revtr/client';

/** Whether a session may operate the system: its account is an operator's, and the session has the scope. */
export const mayOperate = ({ role, scopes }: Account): boolean => role === 'operator' && scopes.includes('operate');
