import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentDetails, ClientError, type ReverseTracerouteClient } from '@revtr/client';
import { KernelLabError } from '../namespaces/errors.ts';

/** A host to bring into the system. */
export interface NewHost {
  /** Dotted quad. */
  readonly address: string;
  readonly name: string;
  readonly kind: 'source' | 'vantagePoint';
}

const READY_MS = 120_000;
const POLL_MS = 100;
const OWNER = 'host@revtr.example';

/** Waits until the API answers. @throws {KernelLabError} `notReady` */
export async function untilHealthy(api: string, isRunning: () => boolean): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && isRunning()) {
    const response = await fetch(`${api}/health`).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(POLL_MS);
  }
  throw new KernelLabError('notReady', 'the controller does not answer');
}

/**
 * Registers hosts as an operator and their owners would: vantage points directly, sources by application, approval and mail.
 * Returns the key that the owner of the sources was mailed.
 */
export async function registerHosts(operator: ReverseTracerouteClient, hosts: readonly NewHost[]): Promise<string> {
  let key = '';
  for (const { address, name, kind } of hosts) {
    if (kind === 'vantagePoint') {
      await operator.fleet.addVantagePoint({ address, hostname: name, site: name });
      continue;
    }
    const application = { address, hosting: name, name: `Host of ${name}`, email: OWNER, reason: 'a lab' };
    await operator.fleet.approve(await operator.fleet.apply(application));
    const [mail] = await operator.fleet.mails();
    key = /revtr_\S+/.exec(mail?.body ?? '')?.[0] ?? '';
  }
  return key;
}

/** Waits until every source is ready and every vantage point has been tested. @throws {KernelLabError} `notReady` with what the tests found */
export async function untilReady(
  operator: ReverseTracerouteClient,
  hosts: readonly NewHost[],
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (const { address, name, kind } of hosts) {
    for (;;) {
      if (signal?.aborted) throw new KernelLabError('stopped', 'stopped before the sources were ready');
      const agent = await operator.fleet.agent(address).catch(unlessRestarting);
      const isDone = agent?.state === 'ready' || (kind === 'vantagePoint' && agent?.state === 'quarantined');
      if (isDone) break;
      if (agent?.state === 'quarantined' || Date.now() > deadline)
        throw new KernelLabError('notReady', `${name} (${address}) is not ready: ${explain(agent)}`);
      await sleep(POLL_MS);
    }
  }
}

function unlessRestarting(error: unknown): undefined {
  if (error instanceof ClientError && error.code === 'unreachable') return undefined;
  throw error;
}

function explain(agent: AgentDetails | undefined): string {
  const tests = agent?.tests[0]?.report.tests ?? [];
  const faults = tests.flatMap(({ name, verdict, evidence }) =>
    verdict === 'passed' ? [] : [`${name} ${verdict} (${evidence.map(({ detail }) => detail).join('; ')})`],
  );
  return `${agent?.state ?? 'unknown'}, ${agent?.connected === true ? 'connected' : 'not connected'}; ${faults.join(', ')}`;
}
