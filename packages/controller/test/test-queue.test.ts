import { type Ipv4Address, parseIpv4 } from '@revtr/net';
import { beforeEach, describe, expect, it } from 'vitest';
import { type TestCause, TestQueue } from '../src/agents/test-queue.ts';
import { settle } from './manual-clock.ts';

const [A, B, C, D, E] = ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4', '192.0.2.5'].map(parseIpv4);

describe('TestQueue', () => {
  let begun: [Ipv4Address, TestCause][];
  let errors: unknown[];
  let ends: Map<Ipv4Address, (error?: Error) => void>;
  let queue: TestQueue;
  const end = async (address: Ipv4Address, error?: Error): Promise<void> => {
    ends.get(address)?.(error);
    await settle();
  };
  beforeEach(() => {
    [begun, errors, ends] = [[], [], new Map()];
    queue = new TestQueue(
      { mostAtOnce: 2 },
      {
        test: (address, cause, signal) => {
          begun.push([address, cause]);
          return new Promise((resolve, reject) => {
            ends.set(address, (error) => (error === undefined ? resolve() : reject(error)));
            signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
          });
        },
        onError: (_, error) => errors.push(error),
      },
    );
  });

  it('tests no more agents at once than it may, in order of arrival', async () => {
    for (const address of [A, B, C]) queue.add(address, 'connected');
    expect(begun.map(([address]) => address)).toEqual([A, B]);
    await end(B);
    expect(begun.map(([address]) => address)).toEqual([A, B, C]);
    expect([A, B, C].map((address) => queue.isTesting(address))).toEqual([true, false, true]);
  });

  it('tests an agent once more that is added during its test, never twice at once', async () => {
    queue.add(A, 'connected');
    queue.add(A, 'asked');
    queue.add(A, 'periodic');
    expect(begun).toEqual([[A, 'connected']]);
    await end(A);
    expect(begun).toEqual([
      [A, 'connected'],
      [A, 'asked'],
    ]);
    await end(A);
    expect(begun).toHaveLength(2);
  });

  it('tests an agent first whose test somebody has asked for, even if it waits already', async () => {
    for (const address of [A, B, C, D, E]) queue.add(address, 'connected');
    queue.add(E, 'asked');
    queue.add(E, 'periodic');
    await end(A);
    await end(B);
    await end(E);
    expect(begun.slice(2)).toEqual([
      [E, 'asked'],
      [C, 'connected'],
      [D, 'connected'],
    ]);
  });

  it('does not let an agent that waits for its own test hold up the others', () => {
    queue.add(A, 'connected');
    queue.add(A, 'asked');
    queue.add(B, 'connected');
    expect(begun.map(([address]) => address)).toEqual([A, B]);
  });

  it('reports a test that fails, and goes on', async () => {
    for (const address of [A, B, C]) queue.add(address, 'connected');
    await end(A, new Error('the database is away'));
    expect(errors).toEqual([new Error('the database is away')]);
    expect(begun.map(([address]) => address)).toEqual([A, B, C]);
  });

  it('ends the tests under way when it stops, forgets the rest, and takes no more', async () => {
    for (const address of [A, B, C]) queue.add(address, 'connected');
    await queue.stop();
    queue.add(C, 'asked');
    await settle();
    expect(begun.map(([address]) => address)).toEqual([A, B]);
    expect(errors).toEqual([]);
    expect(queue.isTesting(A)).toBe(false);
  });

  it('takes tests again when it resumes, and does not run what it took before', async () => {
    for (const address of [A, B, C]) queue.add(address, 'connected');
    await queue.stop();
    queue.add(D, 'asked');
    queue.resume();
    queue.add(E, 'connected');
    await settle();
    expect(begun.map(([address]) => address)).toEqual([A, B, E]);
    await end(E);
    expect(begun).toHaveLength(3);
  });
});
