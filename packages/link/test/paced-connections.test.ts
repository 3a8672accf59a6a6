import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { PacedConnections } from '../src/limits/paced-connections.ts';

describe('the pace of connections', () => {
  let now: number;
  let passed: Socket[];
  let passedAt: number[];
  let isBusy: boolean;
  /** What a turn of the event loop takes, milliseconds. */
  let turnMs: number;
  let paced: PacedConnections;
  beforeEach(() => {
    [now, passed, passedAt, isBusy, turnMs] = [0, [], [], false, 1];
    const pass = (socket: Socket): void => {
      passed.push(socket);
      passedAt.push(now);
    };
    paced = new PacedConnections({ perTurn: 2 }, { pass, isBusy: () => isBusy, now: () => (now += turnMs) });
  });
  const add = (count: number): Socket[] =>
    Array.from({ length: count }, () => {
      const socket = new Socket();
      paced.add(socket);
      return socket;
    });

  it('passes on some in each turn, in the order of their arrival', async () => {
    const sockets = add(5);
    expect(passed).toEqual([]);
    await expect.poll(() => passed.length).toBe(5);
    expect(passed.every((socket, i) => socket === sockets[i])).toBe(true);
    const more = add(1);
    await expect.poll(() => passed.at(-1) === more[0]).toBe(true);
  });

  it('waits while enough is under way, and goes on afterwards', async () => {
    isBusy = true;
    add(3);
    await sleep(50);
    expect(passed).toEqual([]);
    isBusy = false;
    await expect.poll(() => passed.length).toBe(3);
    expect(paced.waiting).toBe(0);
  });

  it.each([
    [1, 2],
    [60, 3],
  ])('passes on three connections whose turns take %i milliseconds in %i turns', async (took, turns) => {
    turnMs = took;
    add(3);
    await expect.poll(() => passed.length).toBe(3);
    expect(new Set(passedAt).size).toBe(turns);
  });

  it('closes connections that have waited for so long that their peers have given up, also while enough is under way', async () => {
    isBusy = true;
    const [first, second] = add(2);
    now += 14_000;
    const [third] = add(1);
    now += 2_000;
    await expect.poll(() => paced.waiting).toBe(1);
    expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([true, true, false]);
    isBusy = false;
    await expect.poll(() => passed).toEqual([third]);
  });

  it('forgets connections that were closed', async () => {
    isBusy = true;
    const [gone, other] = add(2);
    gone.destroy();
    await expect.poll(() => paced.waiting).toBe(1);
    isBusy = false;
    await expect.poll(() => passed).toEqual([other]);
  });
});
