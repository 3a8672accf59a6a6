import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ReverseTracerouteClient } from '@revtr/client';
import { median } from '../../statistics/quantiles.ts';
import { inDirectory } from '../in-directory.ts';
import { integerOptions } from '../integer-options.ts';
import { processorSeconds, residentBytes, transferredBytes } from '../process-figures.ts';
import { profiledElsewhere } from '../profile/other-process.ts';
import { AgentProcesses, loopbackAddresses } from './agent-processes.ts';
import { ControllerProcess } from './controller-process.ts';

const IDLE_SECONDS = 10;
const CHANGES = 5;
const FOLLOW_EVERY_MS = 10_000;

/**
 * Connects `--agents` agents (default 10,000) to the one gateway of a real controller over TLS. Reports the enrolments, the storm in which all
 * connect again after the controller was killed, the cost of idle agents, and how long a new opt-out takes to reach the last agent.
 */
export function benchAgents(args: readonly string[]) {
  const { agents: count } = integerOptions(args, { agents: 10_000 });
  return inDirectory(async (directory) => {
    const addresses = loopbackAddresses(count);
    let agents: AgentProcesses | undefined;
    const controller = await ControllerProcess.in(directory);
    try {
      await controller.register(addresses);
      await controller.start();
      const rootCertificate = controller.rootCertificate;
      const place = { port: controller.gatewayPort, directory: join(directory, 'agents'), rootCertificate };
      agents = new AgentProcesses({ ...place, addresses, answers: false });
      const enrolment = await following(agents, observed(controller, agents.untilConnected(count)));

      await controller.kill();
      await agents.untilDisconnected(0);
      await controller.start();
      const bytesBefore = residentBytes(controller.pid);
      const all = agents.untilConnected(count);
      const { result: storm, costs } = await following(
        agents,
        profiledElsewhere([controller.pid], directory, () => observed(controller, all)),
      );
      const idle = await observedIdle(controller, agents);
      const kibibytesEach = Math.round((residentBytes(controller.pid) - bytesBefore) / count / 1024);
      const client = new ReverseTracerouteClient({ server: controller.url, key: controller.key });
      return {
        agents: count,
        enrolment: { ...enrolment, perSecond: Math.round(count / enrolment.seconds) },
        storm: {
          ...storm,
          processorMsEach: Math.round((storm.processorSeconds * 1e5) / count) / 100,
          kibibytesEach,
          costs,
        },
        idle: { shareOfACore: idle.shareOfACore, bytesPerSecondEach: Math.round(idle.bytesPerSecond / count) },
        optOut: await fanOut(controller, agents, client),
        loadOfMachine: loadavg()[0],
      };
    } finally {
      agents?.stop();
      await controller.kill();
    }
  });
}

/** Says how many agents are connected, every ten seconds until the work ends. */
async function following<T>(agents: AgentProcesses, work: Promise<T>): Promise<T> {
  const timer = setInterval(() => {
    process.stderr.write(`${agents.connected} agents are connected\n`);
  }, FOLLOW_EVERY_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

/** How long a wait takes, and the processor time of the controller meanwhile. */
async function observed(controller: ControllerProcess, wait: Promise<void>) {
  const [started, before] = [performance.now(), processorSeconds(controller.pid)];
  await wait;
  const round = (value: number): number => Math.round(value * 100) / 100;
  return {
    seconds: round((performance.now() - started) / 1000),
    processorSeconds: round(processorSeconds(controller.pid) - before),
  };
}

/** What the connections cost the controller, and the bytes of all agents, both directions. */
async function observedIdle(controller: ControllerProcess, agents: AgentProcesses) {
  const bytes = (): number => agents.pids.reduce((sum, pid) => sum + transferredBytes(pid), 0);
  // The agents are tested, and learn what is published, right after they have connected.
  await sleep(IDLE_SECONDS * 1000);
  const [bytesBefore, before] = [bytes(), processorSeconds(controller.pid)];
  await sleep(IDLE_SECONDS * 1000);
  return {
    shareOfACore: Math.round((1000 * (processorSeconds(controller.pid) - before)) / IDLE_SECONDS) / 1000,
    bytesPerSecond: (bytes() - bytesBefore) / IDLE_SECONDS,
  };
}

/** Times from the request that opts a network out until the last agent has it, and processor time of the controller; medians. */
async function fanOut(controller: ControllerProcess, agents: AgentProcesses, { fleet }: ReverseTracerouteClient) {
  const changes = [];
  await agents.untilOptedOut(0);
  for (let i = 1; i <= CHANGES; i++) {
    const added = fleet.addOptOut(`198.18.${i}.0/24`, 'benchmark');
    changes.push(await observed(controller, agents.untilOptedOut(i)));
    await added;
  }
  return {
    secondsToLastAgent: median(changes.map(({ seconds }) => seconds)),
    processorSeconds: median(changes.map((change) => change.processorSeconds)),
  };
}
