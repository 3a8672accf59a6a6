import { describe, expect, it } from 'vitest';
import { StorageError } from '../src/index.ts';
import { AcceptByUser } from '../src/queue/accept-by-user.ts';
import { GroupCommit } from '../src/queue/group-commit.ts';

/** Records the groups that run; each ends when the test says so. */
function recorder() {
  const groups: { readonly requests: readonly number[]; readonly ended: PromiseWithResolvers<readonly number[]> }[] =
    [];
  const run = (requests: readonly number[]): Promise<readonly number[]> => {
    const ended = Promise.withResolvers<readonly number[]>();
    groups.push({ requests, ended });
    return ended.promise;
  };
  const next = async (): Promise<(typeof groups)[number]> => {
    await new Promise(setImmediate);
    const last = groups.at(-1);
    if (last === undefined) throw new Error('no group has run');
    return last;
  };
  return { groups, run, next };
}

const requestsOf = ({ groups }: ReturnType<typeof recorder>) => groups.map(({ requests }) => requests);
const refused = new StorageError('queryFailed', 'refused', { sqlState: '22P02' });
const lost = new StorageError('unreachable', 'the connection broke', { reason: 'ECONNRESET' });

describe('GroupCommit', () => {
  it('runs what arrives meanwhile together, in order, and only what may share a group', async () => {
    const record = recorder();
    const isSmall = (n: number): boolean => n < 10;
    const commit = new GroupCommit<number, number>(
      { most: 3, mostWaiting: 100 },
      { run: record.run, mayShare: (first, other) => isSmall(first) && isSmall(other) },
    );
    const outcomes = Promise.all([1, 2, 3, 4, 5, 60, 70, 8].map((n) => commit.add(n)));
    for (let i = 0; i < 6; i++) {
      const { requests, ended } = await record.next();
      ended.resolve(requests.map((n) => n * 2));
    }
    expect(await outcomes).toEqual([2, 4, 6, 8, 10, 120, 140, 16]);
    expect(requestsOf(record)).toEqual([[1], [2, 3, 4], [5], [60], [70], [8]]);
  });

  it('repeats each request of a group alone if the database refused a value', async () => {
    const record = recorder();
    const commit = new GroupCommit<number, number>({ most: 10, mostWaiting: 100 }, { run: record.run });
    const outcomes = Promise.allSettled([1, 2, 3].map((n) => commit.add(n)));
    (await record.next()).ended.resolve([1]);
    (await record.next()).ended.reject(refused);
    (await record.next()).ended.reject(refused);
    (await record.next()).ended.resolve([3]);
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(requestsOf(record)).toEqual([[1], [2, 3], [2], [3]]);
  });

  it('does not repeat a group that may be stored although its connection broke', async () => {
    const record = recorder();
    const commit = new GroupCommit<number, number>({ most: 10, mostWaiting: 100 }, { run: record.run });
    const outcomes = Promise.allSettled([1, 2, 3].map((n) => commit.add(n)));
    (await record.next()).ended.resolve([1]);
    (await record.next()).ended.reject(lost);
    expect(await outcomes).toEqual([
      { status: 'fulfilled', value: 1 },
      { status: 'rejected', reason: lost },
      { status: 'rejected', reason: lost },
    ]);
    expect(requestsOf(record)).toEqual([[1], [2, 3]]);
  });

  it('refuses requests above those that may wait', async () => {
    const record = recorder();
    const commit = new GroupCommit<number, number>({ most: 10, mostWaiting: 2 }, { run: record.run });
    const accepted = [1, 2, 3].map((n) => commit.add(n));
    await expect(commit.add(4)).rejects.toMatchObject({ code: 'tooManyWaiting' });
    for (const size of [1, 2]) (await record.next()).ended.resolve(Array.from({ length: size }, () => 0));
    await Promise.all(accepted);
  });
});

describe('AcceptByUser', () => {
  it('runs one group of a user at a time, and those of other users meanwhile', async () => {
    const running = new Map<number, number>();
    let mostTogether = 0;
    const accept = new AcceptByUser<{ readonly user: { readonly id: number } }, undefined>({
      run: async (requests) => {
        const [{ user }] = requests;
        expect(running.get(user.id) ?? 0).toBe(0);
        running.set(user.id, 1);
        mostTogether = Math.max(
          mostTogether,
          [...running.values()].reduce((sum, n) => sum + n, 0),
        );
        await new Promise(setImmediate);
        running.set(user.id, 0);
        return requests.map(() => undefined);
      },
      mayShare: () => false,
    });
    await Promise.all(Array.from({ length: 60 }, (_, i) => accept.add({ user: { id: i % 3 } })));
    expect(mostTogether).toBe(3);
  });
});
