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

it('a reading of all agents does not replace what is written meanwhile, and tells of changes only', async () => {
  const agents = new Agents(openedDatabase().db);
  const directory = await AgentDirectory.open(agents);
  const [x, y] = ['192.0.2.11', '192.0.2.12'].map(parseIpv4);
  const common = { site: '', user_id: null, kind: 'vantagePoint', state: 'ready' } as const;
  await directory.put({ ...common, address: x, hostname: 'x' });
  await directory.put({ ...common, address: y, hostname: 'y' });
  let told = 0;
  directory.subscribe(() => told++);
  await directory.refreshAll();
  expect(told).toBe(0);
  const list = agents.list.bind(agents);
  agents.list = async () => {
    const rows = await list();
    await directory.enter(x, 'withdrawn');
    return rows;
  };
  await agents.put({ ...common, address: formatIpv4(y), hostname: 'renamed' });
  await directory.refreshAll();
  expect(directory.find(x)?.state).toBe('withdrawn');
  expect(directory.find(y)?.hostname).toBe('renamed');
  expect(told).toBe(2);
});
