import { formatIpv4, parseIpv4 } from '@revtr/net';
import { Agents } from '@revtr/storage';
import { expect, it } from 'vitest';
import { AgentDirectory } from '../src/agents/directory.ts';
import { useDatabase } from './test-database.ts';

const openedDatabase = useDatabase();

it('agents are listed in order, and take part according to their state, after every kind of change', async () => {
  const agents = new Agents(openedDatabase().db);
  const directory = await AgentDirectory.open(agents);
  const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map(parseIpv4);
  const common = { site: '', user_id: null } as const;
  const check = (names: readonly string[], participants: readonly number[]): void => {
    expect(directory.list().map(({ hostname }) => hostname)).toEqual(names);
    expect(directory.participants()).toEqual(participants);
    expect(directory.participants()).toEqual(
      directory.list().flatMap(({ address }) => (directory.participates(address) ? [address] : [])),
    );
  };
  check([], []);
  await directory.put({ ...common, address: b, kind: 'vantagePoint', hostname: 'b', state: 'ready' });
  await directory.put({ ...common, address: a, kind: 'vantagePoint', hostname: 'a', state: 'ready' });
  await directory.put({ ...common, address: c, kind: 'source', hostname: 'c', state: 'expected' });
  check(['c', 'a', 'b'], [a, b]);

  // What does not concern order or state is nevertheless up to date in the list.
  await directory.change(a, { can_spoof: true });
  expect(directory.list().find(({ address }) => address === a)?.can_spoof).toBe(true);
  check(['c', 'a', 'b'], [a, b]);

  await directory.enter(c, 'testing');
  check(['c', 'a', 'b'], [c, a, b]);
  await directory.enter(b, 'withdrawn');
  check(['c', 'a', 'b'], [c, a]);

  // Another process renames an agent.
  await agents.put({ ...common, address: formatIpv4(a), kind: 'vantagePoint', hostname: 'z', state: 'ready' });
  await directory.refreshAll();
  check(['c', 'b', 'z'], [c, a]);
});
