import { ApiKeys, generateApiKey, hashApiKey, Users } from '@revtr/storage';
import { beforeEach, describe, expect, it } from 'vitest';
import { ensureOperator, OperatorKeyError } from '../src/accounts/operator-account.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const EMAIL = 'operator@revtr.example';

describe('the operator of the settings', () => {
  const database = useDatabase();
  const clock = new ManualClock();
  let users: Users;
  let keys: ApiKeys;
  beforeEach(() => {
    users = new Users(database().db);
    keys = new ApiKeys(database().db);
  });
  const start = (key?: string, email = EMAIL) => ensureOperator({ key, email }, { users, keys, clock });
  const works = async (key: string | undefined): Promise<boolean> =>
    (await keys.findValid(hashApiKey(key ?? ''), new Date(clock.now()))) !== undefined;

  it('gets a key at the first start only', async () => {
    const key = await start();
    expect(await works(key)).toBe(true);
    expect(await start()).toBeUndefined();
    expect(await works(key)).toBe(true);
  });

  it('has one key from the settings: another one replaces it', async () => {
    const generated = await start();
    const [first, second] = [generateApiKey(), generateApiKey()];
    await start(first);
    await start(first);
    expect([await works(generated), await works(first)]).toEqual([false, true]);
    const own = generateApiKey();
    const user = await users.findByEmail(EMAIL);
    await users.addKey(user?.id ?? 0, hashApiKey(own));
    await start(second);
    expect([await works(first), await works(second), await works(own)]).toEqual([false, true, true]);
    // The account may change as well.
    const third = generateApiKey();
    await start(third, 'other@revtr.example');
    expect([await works(second), await works(third)]).toEqual([false, true]);
  });

  it('does not start with a key that was replaced, or that is a key of a user', async () => {
    const [first, second, theirs] = [generateApiKey(), generateApiKey(), generateApiKey()];
    await start(first);
    await start(second);
    await expect(start(first)).rejects.toBeInstanceOf(OperatorKeyError);
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    const user = await users.ensure({ name: 'U', email: 'u@revtr.example', role: 'user', ...limits });
    await users.addKey(user.id, hashApiKey(theirs));
    await expect(start(theirs)).rejects.toBeInstanceOf(OperatorKeyError);
    expect(await works(second)).toBe(true);
  });

  it('becomes an operator although an applicant had the account before; their keys gain nothing', async () => {
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    const applicant = await users.ensure({ name: 'A', email: EMAIL, role: 'user', ...limits });
    const old = generateApiKey();
    await users.addKey(applicant.id, hashApiKey(old));
    await start(generateApiKey());
    expect(await users.find(applicant.id)).toMatchObject({ role: 'operator' });
    expect((await keys.findValid(hashApiKey(old), new Date()))?.key.scopes).not.toContain('operate');
  });
});
