import type { Clock } from '@revtr/probing';
import { type ApiKeys, generateApiKey, hashApiKey, type Users } from '@revtr/storage';
import { toUserColumns } from '../agents/user-limits.ts';
import { UNLIMITED_USER_LIMITS } from '../settings/defaults.ts';

/** The key in the settings cannot be used. The message says why. */
export class OperatorKeyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OperatorKeyError';
  }
}

/**
 * Creates the account of the operator whom the settings name. A key in the settings replaces the key that earlier settings, or the first
 * start, have given an operator. Without one, the first start makes a key and returns it, to be shown once.
 * @throws {OperatorKeyError} when the key was revoked or belongs to somebody else
 */
export async function ensureOperator(
  operator: { readonly key: string | undefined; readonly email: string },
  { users, keys, clock }: { readonly users: Users; readonly keys: ApiKeys; readonly clock: Clock },
): Promise<string | undefined> {
  const { key, email } = operator;
  const before = await users.findByEmail(email);
  const created = await users.ensure({
    name: 'Operator',
    email,
    role: 'operator',
    ...toUserColumns(UNLIMITED_USER_LIMITS),
  });
  // The settings are the operator's word, also about an account that an applicant opened before.
  const user =
    created.role === 'operator' ? created : ((await users.change(created.id, { role: 'operator' })) ?? created);
  if (key === undefined) {
    if (before !== undefined) return undefined;
    const first = generateApiKey();
    await users.addKey(user.id, hashApiKey(first), { name: 'first start', origin: 'setting' });
    return first;
  }
  const isUsable = await keys.replaceSetting(user.id, hashApiKey(key), new Date(clock.now()), {
    name: 'REVTR_OPERATOR_KEY',
  });
  if (!isUsable)
    throw new OperatorKeyError(
      'REVTR_OPERATOR_KEY is a key that was revoked or replaced, or that is used otherwise: set a new one',
    );
  return undefined;
}
