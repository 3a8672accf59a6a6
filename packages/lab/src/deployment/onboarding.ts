import { setTimeout as sleep } from 'node:timers/promises';
import { type AgentDetails, ClientError, type ReverseTracerouteClient } from '@revtr/client';
import { KernelLabError } from '../namespaces/errors.ts';

/** A host that joins the system. */
export interface NewHost {
  /** Dotted quad. */
  readonly address: string;
  readonly name: string;
  readonly kind: 'source' | 'vantagePoint';
  /** Whether the host runs an agent like that of revtr 2.0. Default false. */
  readonly isLegacy?: boolean;
}

const READY_MS = 120_000;
const POLL_MS = 100;
const OWNER = 'host@revtr.example';

/** Waits until the API answers, at most two minutes. @throws {KernelLabError} `notReady`, or the reason of `signal` */
export async function untilHealthy(api: string, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline) {
    signal.throwIfAborted();
    const response = await fetch(`${api}/health`).catch(() => undefined);
    if (response?.ok === true) return;
    await sleep(POLL_MS);
  }
  throw new KernelLabError('notReady', 'the controller does not answer', { host: 'controller' });
}

/**
 * Registers hosts through the API. The operator adds vantage points directly. For a source, the owner applies and the operator
 * approves. Returns the API key that the mail to the owner of the sources leads to.
 */
export async function registerHosts(operator: ReverseTracerouteClient, hosts: readonly NewHost[]): Promise<string> {
  let key = '';
  for (const { address, name, kind, isLegacy } of hosts) {
    if (kind === 'vantagePoint') {
      await operator.fleet.addVantagePoint({ address, hostname: name, site: name });
      if (isLegacy === true) await operator.fleet.allowLegacyAgent(address);
      continue;
    }
    // The operator vouches for the owner, who therefore needs no mail to confirm the application.
    const application = { address, hosting: name, name: `Host of ${name}`, email: OWNER, reason: 'a lab' };
    await operator.fleet.approve((await operator.fleet.apply(application)).id);
    if (isLegacy === true) await operator.fleet.allowLegacyAgent(address);
    if (key === '') key = await firstKeyOf(operator, OWNER);
  }
  return key;
}

async function firstKeyOf(operator: ReverseTracerouteClient, owner: string): Promise<string> {
  const mail = (await operator.fleet.mails()).find(({ recipient, hasLink }) => recipient === owner && hasLink);
  if (mail === undefined) return '';
  const { token } = await operator.accounts.mailWithLink(mail.id);
  return (await operator.accounts.redeem(token)).key ?? '';
}

/**
 * Waits until each source is ready and each vantage point is ready or quarantined, at most two minutes.
 * @throws {KernelLabError} `notReady`, with the results of the tests in its message, or the reason of `signal`
 */
export async function untilReady(
  operator: ReverseTracerouteClient,
  hosts: readonly NewHost[],
  signal: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (const { address, name, kind } of hosts) {
    for (;;) {
      signal.throwIfAborted();
      const agent = await operator.fleet.agent(address).catch(unlessRestarting);
      const isDone = agent?.state === 'ready' || (kind === 'vantagePoint' && agent?.state === 'quarantined');
      if (isDone) break;
      if (agent?.state === 'quarantined' || Date.now() > deadline)
        throw new KernelLabError('notReady', `${name} (${address}) is not ready: ${explain(agent)}`, { host: name });
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
