import { expect, it } from 'vitest';
import { renderAgent } from '../src/render/agents.ts';
import { agentDetailsOf } from './values.ts';

it('an agent is shown with the reason for each test that could not be made', () => {
  const agent = agentDetailsOf('no spoofer');
  const [{ report, ...test }] = agent.tests;
  const shown = renderAgent({ ...agent, tests: [{ ...test, report: { ...report, verdict: 'notTested' } }] });
  expect(shown.split('\n')).toEqual(
    expect.arrayContaining([
      `tested ${test.testedAt} (no spoofer): not tested`,
      '  receiveRecordRoute: NO (not required)',
      '  receiveSpoofed: not tested: no spoofer',
    ]),
  );
});
