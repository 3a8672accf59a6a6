import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ManagedProcess, type ProgramEnd } from './managed-process.ts';

/** Where an agent runs, and whom it works for. */
export interface AgentProgramOptions {
  readonly namespace: string;
  /** Directory of the agent, which does not exist yet. */
  readonly own: string;
  /** Address of the controller, dotted quad. */
  readonly controller: string;
  /** File with the root certificate of the controller. */
  readonly root: string;
  /** Private prefixes that the agent may probe. Default: none. */
  readonly testNetworks?: readonly string[];
  /** Further variables of its environment. Default: none. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Packets that the scamper of an agent sends in a second. */
export const AGENT_PACKETS_PER_SECOND = 1_000;

/** Budgets of the agents. A test network is small, so each of its targets receives more probes than a target on the Internet may. */
const BUDGET = `budget:\n${['address', 'addressoptions', 'prefix', 'prefixoptions']
  .map((name) => `  ${name}: {persecond: 10000, perday: 100000000}\n`)
  .join('')}`;

/** Writes `plvp.config` and returns an agent that is not started. It uses the files that docs/host-a-source.md describes. */
export function createAgent(options: AgentProgramOptions, onEnd: (end: ProgramEnd) => void): ManagedProcess {
  const { namespace, own, controller, root, testNetworks = [], environment = {} } = options;
  mkdirSync(own);
  const config = join(own, 'plvp.config');
  const networks = testNetworks.map((network) => `    - ${network}\n`).join('');
  writeFileSync(
    config,
    `local:\n  host: ${controller}\n  pprofaddr: 127.0.0.1:55557\n  identity: ${join(own, 'identity')}\n` +
      `${networks === '' ? '' : `  testnetworks:\n${networks}`}scamper:\n  rate: ${AGENT_PACKETS_PER_SECOND}\n${BUDGET}`,
  );
  const program = fileURLToPath(import.meta.resolve('@revtr/agent/main'));
  return new ManagedProcess({
    namespace,
    command: [process.execPath, program, root, config, '-loglevel', 'debug'],
    environment,
    logFile: join(own, 'agent.log'),
    onEnd,
  });
}
