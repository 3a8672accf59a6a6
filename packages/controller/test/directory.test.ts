import { formatIpv4, parseIpv4 } from '@revtr/net';
import { Agents } from '@revtr/storage';
import { beforeEach, describe, expect, it } from 'vitest';
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

describe('a reading of one agent', () => {
  const address = parseIpv4('192.0.2.21');
  const agent = { address, site: '', user_id: null, kind: 'vantagePoint', hostname: 'x', state: 'ready' } as const;
  let agents: Agents;
  let directory: AgentDirectory;
  beforeEach(async () => {
    agents = new Agents(openedDatabase().db);
    directory = await AgentDirectory.open(agents);
    await directory.put(agent);
  });
  /** What the next reading finds is known only when `meanwhile` has ended. */
  const delay = (meanwhile: () => Promise<void>): void => {
    const find = agents.find.bind(agents);
    agents.find = async (name) => {
      agents.find = find;
      const row = await find(name);
      await meanwhile();
      return row;
    };
  };
  const putElsewhere = (hostname: string): Promise<void> =>
    agents.put({ ...agent, address: formatIpv4(address), hostname });

  it('does not replace what this process writes meanwhile', async () => {
    delay(async () => void (await directory.enter(address, 'quarantined')));
    await directory.refresh(address);
    expect(directory.find(address)?.state).toBe('quarantined');
  });

  it('does not replace what a later one has found', async () => {
    delay(async () => {
      await putElsewhere('later');
      await directory.refresh(address);
    });
    await directory.refresh(address);
    expect(directory.find(address)?.hostname).toBe('later');
  });

  it('is not replaced by a reading of all agents that began before', async () => {
    const list = agents.list.bind(agents);
    agents.list = async () => {
      const rows = await list();
      await putElsewhere('later');
      await directory.refresh(address);
      return rows;
    };
    await directory.refreshAll();
    expect(directory.find(address)?.hostname).toBe('later');
  });

  it('counts although an earlier one ends meanwhile', async () => {
    let release: () => void = () => undefined;
    delay(() => new Promise((resolve) => (release = resolve)));
    const earlier = directory.refresh(address);
    await new Promise((resolve) => setImmediate(resolve));
    await putElsewhere('later');
    delay(async () => {
      release();
      await earlier;
    });
    await directory.refresh(address);
    expect(directory.find(address)?.hostname).toBe('later');
  });
});
