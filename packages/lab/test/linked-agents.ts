import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentMetrics, Listener, LocalPolicy, TargetBudget, Worker } from '@revtr/agent';
import { AgentDirectory, LinkProber, LocalAgents } from '@revtr/controller';
import {
  AgentHub,
  AgentWork,
  Authority,
  GrantSigner,
  GrantVerifier,
  OptOutSet,
  type Outcome,
  readToAgent,
  readToController,
  type Work,
} from '@revtr/link';
import { inNetworkNamespace } from '@revtr/linux';
import { formatIpv4, type Ipv4Address, type Prefix } from '@revtr/net';
import { systemClock, TargetPolicy } from '@revtr/probing';
import { type ScamperDriver, ScamperHost } from '@revtr/scamper';
import { Agents, openDatabase } from '@revtr/storage';

/** A host with a scamper, in a network namespace. */
export interface LinkedHost {
  readonly address: Ipv4Address;
  readonly namespace: string;
  readonly driver: ScamperDriver;
}

/** Agents in this process, joined to a hub by messages as they would cross the network. */
export interface LinkedAgents {
  readonly prober: LinkProber;
  readonly directory: AgentDirectory;
  /** Addresses of agents whose reports were refused. */
  readonly forgers: Ipv4Address[];
  stop(): Promise<void>;
}

/** What all probes of the agents carry. */
export const PROBE_CONTACT = 'https://revtr.example/about-probes';

const UNLIMITED = { all: { perSecond: 1e6, perDay: 1e9 }, options: { perSecond: 1e6, perDay: 1e9 } };

/** `tamper`: what becomes of an outcome on its way, for agents that are not to be trusted. */
export async function startLinkedAgents(
  hosts: readonly LinkedHost[],
  testNetworks: readonly Prefix[],
  tamper: (work: Work, outcome: Outcome) => Outcome = (_work, outcome) => outcome,
): Promise<LinkedAgents> {
  const clock = systemClock;
  const directoryPath = mkdtempSync(join(tmpdir(), 'revtr-linked-'));
  const authority = await Authority.open(directoryPath, new Date());
  const database = await openDatabase({ kind: 'memory' });
  const directory = await AgentDirectory.open(new Agents(database.db));
  const optOut = { issuedAt: clock.now(), set: OptOutSet.EMPTY };
  const hub = new AgentHub(
    { signerCertificate: authority.grantSigner.certificate },
    { now: () => clock.now(), optOut: () => optOut, sources: () => [] },
  );
  const listeners: Listener[] = [];
  for (const { address, namespace, driver } of hosts) {
    await directory.put({ ...registration(address), state: 'ready' });
    const listener = inNetworkNamespace(namespace, () => Listener.start({ senderOnly: false }));
    listeners.push(listener);
    const policy = new LocalPolicy({ testNetworks }, { now: () => clock.now() });
    policy.setOptedOut({ issuedAt: optOut.issuedAt, set: OptOutSet.EMPTY });
    policy.setSources(hosts.map((host) => host.address));
    policy.setSwitches({ probing: true, spoofing: true, blockedTargets: [], blockedSources: [] });
    const scamper = new ScamperHost({ driver, clock });
    scamper.setContact(PROBE_CONTACT);
    const worker = new Worker({
      scamper,
      replies: listener.replies,
      emissions: listener.emissions,
      policy,
      budget: new TargetBudget(
        { address: UNLIMITED, prefix: UNLIMITED },
        { now: () => clock.now(), random: Math.random },
      ),
      metrics: new AgentMetrics(),
      onRefused: () => undefined,
    });
    const grants = new GrantVerifier(
      { sender: address, rootCertificate: authority.rootCertificate },
      { now: () => clock.now() },
    );
    grants.trust(authority.grantSigner.certificate);
    worker.identify(address, grants);
    connectDirectly(
      hub,
      address,
      new AgentWork({ perform: async (work, signal) => tamper(work, await worker.perform(work, signal)) }),
    );
  }
  const forgers: Ipv4Address[] = [];
  const prober = new LinkProber(
    { patienceMs: 1_000 },
    {
      agents: new LocalAgents({ hub, grants: new GrantSigner(authority.grantSigner), clock }),
      directory,
      targetPolicy: new TargetPolicy({ testNetworks }),
      clock,
      onForged: (address) => forgers.push(address),
    },
  );
  return {
    prober,
    directory,
    forgers,
    stop: async () => {
      hub.stop();
      for (const listener of listeners) listener.stop();
      await database.close();
      rmSync(directoryPath, { recursive: true });
    },
  };
}

/** What a source is registered with. */
export const registration = (address: Ipv4Address) =>
  ({ address, kind: 'source', hostname: formatIpv4(address), site: '', user_id: null }) as const;

/** Joins an agent's work to a hub: every message is written and read as text. */
function connectDirectly(hub: AgentHub, address: Ipv4Address, work: AgentWork): void {
  const hello = readToController(
    JSON.stringify({
      type: 'hello',
      protocol: 2,
      software: 'test',
      known: [],
      window: 100,
      senderOnly: false,
      selfTests: [],
    }),
  );
  if (hello.type !== 'hello') throw new Error('no hello');
  const session = hub.join(address, hello, {
    send: (message) => {
      const read = readToAgent(JSON.stringify(message));
      setImmediate(() => {
        if (read.type === 'work' || read.type === 'cancel' || read.type === 'received') work.receive(read);
      });
    },
    close: () => undefined,
  });
  work.welcome(session.id, false, (message) => {
    const read = readToController(JSON.stringify(message));
    if (read.type === 'done') session.receive(read.id, read.outcome);
  });
}
