import { parseIpv4 } from '@revtr/net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { type AgentHealth, AgentHub, OptOutSet } from '../src/index.ts';

const [ADDRESS, OTHER] = [parseIpv4('192.0.2.1'), parseIpv4('192.0.2.2')];
const WELL: AgentHealth = { measures: true };
const ill = (reason: number): AgentHealth => ({ measures: false, reason: `reason ${reason}` });

let hub: AgentHub;
let told: { readonly address: number; readonly health: AgentHealth }[];
/** Connects an agent. Returns its session. */
const join = (address: number, session?: string): string => {
  const profile = { software: 'test', window: 1, senderOnly: false, selfTests: [] };
  const hello = {
    type: 'hello',
    protocol: 2,
    known: [],
    ...profile,
    ...(session !== undefined && { session }),
  } as const;
  return hub.join(address, hello, { send: () => undefined, close: () => undefined }).id;
};
const report = (address: number, health: AgentHealth): void => hub.receive(address, { type: 'health', health });

beforeEach(() => {
  vi.useFakeTimers();
  told = [];
  hub = new AgentHub(
    { signerCertificate: '' },
    {
      now: () => Date.now(),
      optOut: () => ({ issuedAt: Date.now(), set: OptOutSet.parse([]) }),
      sources: () => [],
      onHealth: (address, health) => told.push({ address, health }),
    },
  );
});
afterEach(() => {
  hub.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

it('a hub tells once of a health that an agent reports again and again over one connection', async () => {
  const session = join(ADDRESS);
  for (let i = 0; i < 100; i++) {
    report(ADDRESS, ill(1));
    await vi.advanceTimersByTimeAsync(100);
  }
  join(ADDRESS, session);
  report(ADDRESS, ill(1));
  expect(told.map(({ health }) => health)).toEqual([ill(1), ill(1)]);
});

it('a hub tells once a second of the health of an agent that connects again and again', async () => {
  const session = join(ADDRESS);
  for (let i = 0; i < 2_500; i++) {
    report(ADDRESS, WELL);
    await vi.advanceTimersByTimeAsync(1);
    join(ADDRESS, session);
  }
  expect(told.length).toBeLessThanOrEqual(3);
});

it('a hub tells of the first and the last of many changes in a second, and of one in each second, for each agent', async () => {
  for (const address of [ADDRESS, OTHER]) join(address);
  for (let i = 0; i < 3_000; i++) {
    report(ADDRESS, ill(i));
    if (i === 500) report(OTHER, WELL);
    await vi.advanceTimersByTimeAsync(1);
  }
  report(ADDRESS, WELL);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told.filter(({ address }) => address === OTHER)).toHaveLength(1);
  const own = told.filter(({ address }) => address === ADDRESS).map(({ health }) => health);
  expect(own.length).toBeLessThanOrEqual(5);
  expect([own.at(0), own.at(-1)]).toEqual([ill(0), WELL]);
});

it('a hub tells of the health of an agent that was restarted, and of no agent that has left', async () => {
  join(ADDRESS);
  report(ADDRESS, WELL);
  join(ADDRESS);
  report(ADDRESS, WELL);
  report(ADDRESS, ill(1));
  hub.expel(ADDRESS, 'test');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told.map(({ health }) => health)).toEqual([WELL, WELL]);
});
