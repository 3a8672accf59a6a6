import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Admission, AgentHub, Authority, Gateway, OptOutSet } from '@revtr/link';
import { quantile } from '../statistics/quantiles.ts';
import { AgentProcesses, loopbackAddresses } from './agents/agent-processes.ts';
import { inDirectory } from './in-directory.ts';

const AGENTS = 1_000;
const ROUND_TRIPS = 100_000;
/** Two intervals of the heartbeats, so that each agent sends as many in any measurement. */
const IDLE_MS = 30_000;

const everybody: Admission = {
  mayEnrol: async () => undefined,
  enrolled: async () => undefined,
  renewed: async () => undefined,
  mayConnect: async () => undefined,
};
const work = {
  kind: 'catch',
  target: 1,
  mark: { identifier: 1, sequence: 1, token: '00ff00ff' },
  timeoutMs: 1_000,
} as const;

/**
 * Connects a thousand agents to one controller over TLS. Reports the enrolment rate, the time to reconnect after a restart, the
 * idle load, and rate and latency quantiles of probe round trips.
 */
export function benchLink() {
  return inDirectory(async (directory) => {
    const authority = await Authority.open(join(directory, 'authority'), new Date());
    let agents: AgentProcesses | undefined;
    try {
      const first = await startGateway(authority, 0);
      const { rootCertificate } = authority;
      const begunAt = performance.now();
      agents = new AgentProcesses({
        ...{ port: first.port, addresses: loopbackAddresses(AGENTS), directory, rootCertificate, answers: true },
      });
      await untilConnected(first.hub);
      const enrolledPerSecond = Math.round(AGENTS / seconds(begunAt));

      await first.gateway.stop();
      const restartedAt = performance.now();
      const { gateway, hub } = await startGateway(authority, first.port);
      await untilConnected(hub);
      const secondsToComeBack = seconds(restartedAt);

      const before = process.cpuUsage();
      await sleep(IDLE_MS);
      const { user, system } = process.cpuUsage(before);
      const report = {
        agents: AGENTS,
        enrolledPerSecond,
        secondsToComeBack,
        idleShareOfACore: (user + system) / IDLE_MS / 1000,
        residentMebibytes: Math.round(process.memoryUsage.rss() / 2 ** 20),
        oneInFlight: await roundTrips(hub, 1),
        eightInFlight: await roundTrips(hub, 8),
      };
      await gateway.stop();
      return report;
    } finally {
      agents?.stop();
    }
  });
}

async function startGateway(
  authority: Authority,
  port: number,
): Promise<{ gateway: Gateway; hub: AgentHub; port: number }> {
  const optOut = { issuedAt: Date.now(), set: OptOutSet.EMPTY };
  const hub = new AgentHub(
    { signerCertificate: authority.grantSigner.certificate },
    { now: Date.now, optOut: () => optOut, sources: () => [] },
  );
  const options = { host: '127.0.0.1', port };
  const gateway = new Gateway(options, { authority, hub, admission: everybody, onRefused: () => undefined });
  return { gateway, hub, port: await gateway.start() };
}

async function untilConnected(hub: AgentHub): Promise<void> {
  while (hub.connected().length < AGENTS) await sleep(20);
}

/** Round trips per second over all agents with `inFlight` parallel tasks for each, and latency quantiles in milliseconds. */
async function roundTrips(hub: AgentHub, inFlight: number) {
  const latencies: number[] = [];
  const begunAt = performance.now();
  const each = Math.ceil(ROUND_TRIPS / AGENTS / inFlight);
  await Promise.all(
    hub.connected().flatMap((address) =>
      Array.from({ length: inFlight }, async () => {
        for (let i = 0; i < each; i++) {
          const sentAt = performance.now();
          await hub.sessionOf(address)?.run(() => work, { timeoutMs: 60_000 });
          latencies.push(performance.now() - sentAt);
        }
      }),
    ),
  );
  const perSecond = Math.round(latencies.length / seconds(begunAt));
  return { perSecond, p50Ms: quantile(latencies, 0.5), p99Ms: quantile(latencies, 0.99) };
}

const seconds = (since: number): number => (performance.now() - since) / 1000;
