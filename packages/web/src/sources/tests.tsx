import type { AgentDetails } from '@revtr/client';
import { formatTime } from '../app/time.ts';

const TITLES: Readonly<Record<string, string>> = {
  ping: 'Sends pings',
  traceroute: 'Sends traceroutes',
  receiveRecordRoute: 'Receives packets with the Record Route option',
  receiveSpoofed: 'Receives replies to spoofed probes',
  sendSpoofed: 'Sends spoofed probes',
};

const VERDICTS = { passed: 'passed', failed: 'failed', notTested: 'not tested' } as const;

/** The last tests of an agent, with the evidence of every probe. */
export function Tests({ tests }: { readonly tests: AgentDetails['tests'] }) {
  return (
    <section>
      <h2>Tests</h2>
      {tests.length === 0 && <p>The agent has not been tested yet: tests begin when it connects.</p>}
      {tests.map(({ testedAt, cause, report }, i) => (
        <details key={testedAt} open={i === 0}>
          <summary>
            {formatTime(Date.parse(testedAt))}: {VERDICTS[report.verdict]} ({cause})
          </summary>
          <ul className="tests">
            {report.tests.map((test) => (
              <li key={test.name}>
                <Test test={test} />
              </li>
            ))}
          </ul>
        </details>
      ))}
    </section>
  );
}

type Result = AgentDetails['tests'][number]['report']['tests'][number];

/** The verdict of one test; its evidence is open when it failed and had to pass. */
function Test({ test: { name, verdict, reason, isRequired, evidence } }: { readonly test: Result }) {
  return (
    <details open={isRequired && verdict === 'failed'}>
      <summary>
        {TITLES[name] ?? name}: <strong>{VERDICTS[verdict]}</strong>
        {!isRequired && ' (not required)'}
        {reason !== undefined && <span className="hint"> {reason}</span>}
      </summary>
      <ul className="hint">
        {evidence.map(({ sender, target, detail }) => (
          <li key={`${sender} ${target} ${detail}`}>
            <span className="mono">{sender}</span> to <span className="mono">{target}</span>: {detail}
          </li>
        ))}
      </ul>
    </details>
  );
}
