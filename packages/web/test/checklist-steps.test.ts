import type { AgentDetails } from '@revtr/client';
import { expect, it } from 'vitest';
import { agentSteps } from '../src/sources/checklist-steps.ts';

const agentOf = (state: AgentDetails['state'], verdict: 'passed' | 'failed' | 'notTested'): AgentDetails => ({
  ...{ address: '192.0.2.1', kind: 'source', hostname: 'host', site: '', state, connected: true },
  ...{ legacy: false, canSpoof: false, atlas: { traceroutes: 0, state: 'none' } },
  tests: [{ testedAt: '2026-01-01T00:00:00Z', cause: 'periodic', report: { verdict, tests: [], selfTests: [] } }],
});

it.each([
  ['testing', 'notTested', 'now', 'waits for agents'],
  ['testing', 'failed', 'now', 'a few seconds'],
  ['ready', 'notTested', 'done', 'could not be made'],
  ['ready', 'passed', 'done', ''],
  ['quarantined', 'failed', 'failed', 'see the tests below'],
] as const)(
  'the step of the tests of a source that is %s, with the verdict %s, is %s',
  (state, verdict, step, detail) => {
    expect(agentSteps(agentOf(state, verdict)).find(({ title }) => title === 'Tests passed')).toMatchObject({
      ...{ state: step, detail: expect.stringContaining(detail) },
    });
  },
);
