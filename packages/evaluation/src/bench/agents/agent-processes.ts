import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseIpv4 } from '@revtr/net';
import { type AgentProcessSettings, type AgentReport, agentReportSchema } from './agent-process-settings.ts';

const PROGRAM = fileURLToPath(new URL('./agent-process.ts', import.meta.url));
/** Agents in one process: few enough that its event loop keeps up with all of them. */
const PER_PROCESS = 2_500;
const FIRST_ADDRESS = parseIpv4('127.1.0.1');

/** Addresses for agents, of the loopback network. */
export const loopbackAddresses = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => FIRST_ADDRESS + i);

/** Agents in processes of up to 2,500. */
export class AgentProcesses {
  readonly #children: readonly ChildProcess[];
  readonly #reports: AgentReport[];
  readonly #waiting = new Set<() => void>();

  constructor({ addresses, ...settings }: AgentProcessSettings) {
    const parts = Array.from({ length: Math.ceil(addresses.length / PER_PROCESS) }, (_, i) =>
      addresses.slice(i * PER_PROCESS, (i + 1) * PER_PROCESS),
    );
    this.#reports = parts.map(() => ({ connected: 0, leastOptOuts: -1 }));
    this.#children = parts.map((part, i) => {
      const told: AgentProcessSettings = { ...settings, addresses: part };
      const child = fork(PROGRAM, [JSON.stringify(told)]);
      child.on('message', (message) => {
        this.#reports[i] = agentReportSchema.parse(message);
        for (const look of this.#waiting) look();
      });
      return child;
    });
  }

  /** Numbers of the processes. */
  get pids(): number[] {
    return this.#children.flatMap(({ pid }) => pid ?? []);
  }

  /** Agents that are connected. */
  get connected(): number {
    return this.#reports.reduce((sum, { connected }) => sum + connected, 0);
  }

  /** Resolves as soon as so many agents are connected. */
  untilConnected(count: number): Promise<void> {
    return this.#until(() => this.connected >= count);
  }

  /** Resolves as soon as at most so many agents are connected. */
  untilDisconnected(count: number): Promise<void> {
    return this.#until(() => this.connected <= count);
  }

  /** Resolves as soon as all agents have an opt-out list with so many entries. */
  untilOptedOut(entries: number): Promise<void> {
    return this.#until((reports) => reports.every(({ leastOptOuts }) => leastOptOuts >= entries));
  }

  stop(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  #until(isTrue: (reports: readonly AgentReport[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isTrue(this.#reports)) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }
}
