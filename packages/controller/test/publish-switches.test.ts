import { AgentHub, OptOutSet, readToAgent, readToController, type Switches } from '@revtr/link';
import { formatIpv4, parseIpv4 } from '@revtr/net';
import { KillSwitchRecords, Users } from '@revtr/storage';
import { pino } from 'pino';
import { beforeEach, describe, expect, it } from 'vitest';
import { publishSwitches } from '../src/measuring/publish-switches.ts';
import { KillSwitches } from '../src/safety/kill-switches.ts';
import { ManualClock } from './manual-clock.ts';
import { useDatabase } from './test-database.ts';

const [ONE, OTHER] = [parseIpv4('192.0.2.1'), parseIpv4('192.0.2.2')];
const HELLO = { type: 'hello', protocol: 2, software: 'test', known: [], window: 1, senderOnly: false, selfTests: [] };

describe('kill switches on their way to agents', () => {
  const database = useDatabase();
  let clock: ManualClock;
  let switches: KillSwitches;
  let hub: AgentHub;
  let operator: number;
  let closed: string[];
  let over: AbortController;
  beforeEach(async () => {
    clock = new ManualClock();
    closed = [];
    over = new AbortController();
    const { db } = database();
    const limits = { max_per_day: 1, max_parallel: 1, max_per_minute: 1 };
    operator = (await new Users(db).ensure({ name: 'O', email: 'o@revtr.example', role: 'operator', ...limits })).id;
    switches = await KillSwitches.open({ records: new KillSwitchRecords(db), clock });
    hub = new AgentHub(
      { signerCertificate: 'none' },
      { now: () => clock.now(), optOut: () => ({ issuedAt: clock.now(), set: OptOutSet.EMPTY }), sources: () => [ONE] },
    );
    publishSwitches({ switches, hub, clock, log: pino({ level: 'silent' }), signal: over.signal });
  });

  /** Connects an agent. Returns the switches that it has received; it confirms them if it `isHonest`. */
  const connect = (address: number, isHonest = true): Switches[] => {
    const received: Switches[] = [];
    const hello = readToController(JSON.stringify(HELLO));
    if (hello.type !== 'hello') throw new Error('not a hello message');
    const connection = {
      send: (message: unknown): void => {
        const read = readToAgent(JSON.stringify(message));
        if (read.type !== 'switches') return;
        received.push(read.switches);
        if (isHonest) hub.receive(address, { type: 'applied', topic: 'switches', version: read.version });
      },
      close: (): void => {
        closed.push(formatIpv4(address));
        hub.left(address, connection);
      },
    };
    hub.join(address, hello, connection);
    return received;
  };

  it('reach connected agents at once, and agents that connect later', async () => {
    const first = connect(ONE);
    await switches.set('spoofing', '', 'test', operator);
    await switches.set('target', '203.0.113.0/24', 'test', operator);
    await switches.set('source', formatIpv4(ONE), 'test', operator);
    const expected = {
      probing: true,
      spoofing: false,
      blockedTargets: ['203.0.113.0/24'],
      blockedSources: [ONE],
    };
    expect(first.at(-1)).toEqual(expected);
    expect(connect(OTHER)).toEqual([expected]);
    await switches.lift('spoofing', '');
    expect(first.at(-1)?.spoofing).toBe(true);
  });

  it('stop one vantage point and no other', async () => {
    const [one, other] = [connect(ONE), connect(OTHER)];
    await switches.set('vantagePoint', formatIpv4(OTHER), 'test', operator);
    expect([one.at(-1)?.probing, other.at(-1)?.probing]).toEqual([true, false]);
    await switches.lift('vantagePoint', formatIpv4(OTHER));
    expect(other.at(-1)?.probing).toBe(true);
  });

  it('disconnect an agent that does not confirm them within two seconds', async () => {
    connect(ONE);
    connect(OTHER, false);
    await switches.set('probing', '', 'test', operator);
    await clock.advance(1_999);
    expect(closed).toEqual([]);
    await clock.advance(1);
    expect(closed).toEqual([formatIpv4(OTHER)]);
  });

  it('need no confirmation, and leave no timer, once the controller stops', async () => {
    connect(OTHER, false);
    await switches.set('probing', '', 'test', operator);
    over.abort();
    expect(clock.sleeping).toBe(0);
    await clock.advance(2_000);
    expect(closed).toEqual([]);
  });
});
