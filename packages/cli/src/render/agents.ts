import type { Agent, AgentDetails } from '@revtr/client';

const VERDICTS = { passed: 'yes', failed: 'NO', notTested: 'not tested' } as const;

/** Agents as a table. */
export function renderAgents(agents: readonly Agent[]): string {
  const row = (cells: readonly string[]): string =>
    `${[cells[0].padEnd(16), cells[1].padEnd(13), cells[2].padEnd(12), cells[3].padEnd(10), cells[4].padEnd(6), cells[5]].join(' ')}\n`;
  const kinds = { source: 'source', vantagePoint: 'vantage point' };
  return [
    row(['ADDRESS', 'KIND', 'STATE', 'CONNECTED', 'SPOOFS', 'HOST']),
    ...agents.map(({ address, kind, state, connected, canSpoof, hostname }) =>
      row([address, kinds[kind], state, connected ? 'yes' : 'no', canSpoof ? 'yes' : 'no', hostname]),
    ),
  ].join('');
}

/** An agent with its last tests and their evidence. */
export function renderAgent(agent: AgentDetails): string {
  const lines = [
    `${agent.address}  ${agent.hostname}  ${agent.site}`,
    `state: ${agent.state}${agent.connected ? ', connected' : ', not connected'}`,
    `atlas: ${agent.atlas.traceroutes} traceroutes (${agent.atlas.state}${agent.atlas.reason === undefined ? '' : `: ${agent.atlas.reason}`})`,
  ];
  if (agent.quarantine !== undefined)
    lines.push(
      `quarantine until ${agent.quarantine.until ?? 'an operator ends it'} (${agent.quarantine.by}): ${agent.quarantine.reason}`,
    );
  for (const { testedAt, cause, report } of agent.tests.slice(0, 1)) {
    lines.push(`tested ${testedAt} (${cause}): ${report.verdict}`);
    for (const { name, verdict, isRequired, evidence } of report.tests) {
      lines.push(`  ${name}: ${VERDICTS[verdict]}${isRequired ? '' : ' (not required)'}`);
      for (const { sender, target, detail } of evidence) lines.push(`    ${sender} to ${target}: ${detail}`);
    }
    for (const { name, ok, message } of report.selfTests) lines.push(`  ${name}: ${ok ? 'yes' : 'NO'} (${message})`);
  }
  return `${lines.join('\n')}\n`;
}
