import type { Scope, User } from '@revtr/storage';

/** A user with the rights of a credential: without the scope `operate`, an operator has no more rights than any user. */
export function withRole(user: User, scopes: readonly Scope[]): User {
  return scopes.includes('operate') ? user : { ...user, role: 'user' };
}
