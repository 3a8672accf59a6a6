import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { AgentMetrics, ControllerClock, LocalPolicy, TargetBudget, tracedWork, Worker } from '@revtr/agent';
import { AgentIdentity, AgentWork, GrantVerifier, LinkClient } from '@revtr/link';
import { parseIpv4 } from '@revtr/net';
import { systemClock, wallClock } from '@revtr/probing';
import { SimulatedInternet, simParameters, TunAttachment } from '@revtr/sim';
import { openTracing, type Tracing } from '@revtr/tracing';
import { Namespaces } from '../../namespaces/namespaces.ts';
import { openTunHost } from '../../tun/tun-host.ts';
import { CALM } from './calm.ts';
import { onFault } from './fault.ts';
import { FLEET_SETTINGS, type FleetSettings, fleetSettingsSchema } from './settings.ts';
import { SimulatedHost } from './simulated-host.ts';

const UNLIMITED = { all: { perSecond: 1e6, perDay: 1e9 }, options: { perSecond: 1e6, perDay: 1e9 } };
const WINDOW = 500;

/**
 * The agents of a simulated Internet in one process. Each connects to a gateway from its own address, as a real agent does, and checks
 * what it is asked as a real agent does; only its packets go through the simulator.
 */
async function startFleet(settings: FleetSettings, tracing: Tracing, signal: AbortSignal): Promise<void> {
  const { size, seed, vantagePoints, isCalm } = settings;
  const internet = new SimulatedInternet({
    parameters: simParameters(
      size,
      seed,
      { ...(isCalm && CALM), ...(vantagePoints !== undefined && { vantagePoints }) },
      'published',
    ),
    startMs: Date.now(),
  });
  onFault(dirname(settings.directory), (fault) => internet.network.suffer(fault));
  const attachment = await attach(settings.attached ?? [], internet);
  const prober = internet.prober();
  internet.clock.pace(Date.now());
  const rootCertificate = readFileSync(settings.rootFile, 'utf8');
  const agents = settings.agents.map((text, i) => {
    const address = parseIpv4(text);
    const host = new SimulatedHost({ address }, { internet, prober });
    const time = new ControllerClock({ clock: systemClock });
    const policy = new LocalPolicy({ testNetworks: [] }, { now: () => time.now() });
    const worker = new Worker({
      scamper: host.scamper,
      replies: host.replies,
      emissions: undefined,
      policy,
      budget: new TargetBudget(
        { address: UNLIMITED, prefix: UNLIMITED },
        { now: () => performance.now(), random: Math.random },
      ),
      metrics: new AgentMetrics(),
      onRefused: () => undefined,
    });
    let grants: GrantVerifier | undefined;
    const { gateways } = settings;
    const [first, ...others] = [...gateways.slice(i % gateways.length), ...gateways.slice(0, i % gateways.length)];
    const client = new LinkClient(
      {
        endpoint: { ...first, others, rootCertificate, localAddress: text },
        acceptsTrace: tracing.isOn,
        profile: { software: 'simulated agent', window: WINDOW, senderOnly: false, selfTests: [] },
        retryMs: { least: 100, most: 2_000 },
      },
      {
        identity: new AgentIdentity({ directory: join(settings.directory, text), rootCertificate }),
        work: new AgentWork({ perform: tracedWork(worker, tracing) }),
        policy,
        clock: wallClock,
        random: Math.random,
        onWelcome: ({ now, signer }) => {
          time.set(now);
          grants ??= new GrantVerifier(
            { sender: address, rootCertificate },
            { now: () => time.now(), startedAt: () => time.createdAt },
          );
          grants.trust(signer);
          worker.identify(address, grants);
        },
        onState: (state) => {
          if (state.type !== 'connected') process.stdout.write(`${text} ${JSON.stringify(state)}\n`);
        },
      },
    );
    return client.run(signal);
  });
  await Promise.all([internet.clock.runUntil(signal), ...agents]);
  attachment.stop();
}

/** Connects hosts that run programs of their own to the simulated Internet. */
async function attach(
  attached: NonNullable<FleetSettings['attached']>,
  internet: SimulatedInternet,
): Promise<TunAttachment> {
  const namespaces = new Namespaces({ prefix: '' });
  const hosts = await Promise.all(
    attached.map(({ namespace, address }) => openTunHost(namespace, parseIpv4(address), namespaces)),
  );
  const attachment = new TunAttachment({ hosts }, internet);
  if (hosts.length > 0) attachment.start();
  return attachment;
}

const over = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => over.abort());
const tracing = await openTracing(process.env, { service: 'revtr-agent', onProblem: () => undefined });
await startFleet(fleetSettingsSchema.parse(JSON.parse(process.env[FLEET_SETTINGS] ?? '{}')), tracing, over.signal);
await tracing.close();
