import type { Agent, AgentDetails } from '@revtr/client';
import type { Screen } from '../terminal.ts';
import { table } from './layout/table.ts';

const ABLE = { passed: 'yes', failed: 'NO', notTested: 'not tested' } as const;
const VERDICTS = { passed: 'passed', failed: 'failed', notTested: 'not tested' } as const;

const KINDS = { source: 'source', vantagePoint: 'vantage point' } as const;
const LEGACY =
  'legacy: the operator allows the agent of revtr 2.0 here, which checks no grants, opt-outs or kill switches';
const yesOrNo = (is: boolean): string => (is ? 'yes' : 'no');

/** Agents as a table. */
export function renderAgents(agents: readonly Agent[], screen: Screen): string {
  return table<Agent>(
    [
      { head: 'ADDRESS', cell: ({ address }) => address },
      { head: 'KIND', cell: ({ kind, legacy }) => `${KINDS[kind]}${legacy ? ' (legacy)' : ''}` },
      { head: 'STATE', cell: ({ state }) => state },
      { head: 'CONNECTED', cell: ({ connected }) => yesOrNo(connected) },
      { head: 'SPOOFS', cell: ({ canSpoof }) => yesOrNo(canSpoof) },
      { head: 'HOST', least: 12, cell: ({ hostname }) => hostname },
    ],
    agents,
    screen,
  );
}

/** An agent with its last tests and their evidence. */
export function renderAgent(agent: AgentDetails): string {
  const lines = [
    `${agent.address}  ${agent.hostname}  ${agent.site}`,
    `state: ${agent.state}${agent.connected ? ', connected' : ', not connected'}`,
    ...(agent.legacy ? [LEGACY] : []),
    `atlas: ${agent.atlas.traceroutes} traceroutes (${agent.atlas.state}${agent.atlas.reason === undefined ? '' : `: ${agent.atlas.reason}`})`,
  ];
  if (agent.quarantine !== undefined)
    lines.push(
      `quarantine until ${agent.quarantine.until ?? 'an operator ends it'} (${agent.quarantine.by}): ${agent.quarantine.reason}`,
    );
  for (const { testedAt, cause, report } of agent.tests.slice(0, 1)) {
    lines.push(`tested ${testedAt} (${cause}): ${VERDICTS[report.verdict]}`);
    for (const { name, verdict, reason, isRequired, evidence } of report.tests) {
      const why = reason === undefined ? '' : `: ${reason}`;
      lines.push(`  ${name}: ${ABLE[verdict]}${isRequired ? '' : ' (not required)'}${why}`);
      for (const { sender, target, detail } of evidence) lines.push(`    ${sender} to ${target}: ${detail}`);
    }
    for (const { name, ok, message } of report.selfTests) lines.push(`  ${name}: ${ok ? 'yes' : 'NO'} (${message})`);
  }
  return `${lines.join('\n')}\n`;
}
