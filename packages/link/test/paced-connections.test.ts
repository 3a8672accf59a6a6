import { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { PacedConnections } from '../src/limits/paced-connections.ts';

describe('the pace of connections', () => {
  let now: number;
  let passed: Socket[];
  let isBusy: boolean;
  /** What a turn of the event loop takes, milliseconds. */
  let turnMs: number;
  let paced: PacedConnections;
  beforeEach(() => {
    [now, passed, isBusy, turnMs] = [0, [], false, 1];
    const pass = (socket: Socket): void => {
      passed.push(socket);
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

  it('waits while turns are long and while enough is under way, and goes on afterwards', async () => {
    turnMs = 60;
    add(3);
    await sleep(50);
    expect(passed).toEqual([]);
    [turnMs, isBusy] = [1, true];
    await sleep(50);
    expect(passed).toEqual([]);
    isBusy = false;
    await expect.poll(() => passed.length).toBe(3);
    expect(paced.waiting).toBe(0);
  });

  it('forgets connections that were closed, and closes those that wait when it stops', async () => {
    isBusy = true;
    const [gone, ...others] = add(3);
    gone.destroy();
    await expect.poll(() => paced.waiting).toBe(2);
    paced.stop();
    expect([paced.waiting, others.every(({ destroyed }) => destroyed)]).toEqual([0, true]);
    isBusy = false;
    await sleep(20);
    expect(passed).toEqual([]);
  });
});
