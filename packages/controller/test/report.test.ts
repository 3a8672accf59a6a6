import { describe, expect, it } from 'vitest';
import { describeReport, type TestResult, verdictOf } from '../src/agents/report.ts';

const result = (name: TestResult['name'], verdict: TestResult['verdict'], isRequired = true): TestResult => ({
  ...{ name, verdict, isRequired, evidence: [] },
  ...(verdict === 'notTested' && { reason: 'nobody can spoof' }),
});

describe('the report of an agent', () => {
  it.each([
    ['passed', 'passed', 'passed'],
    ['passed', 'notTested', 'notTested'],
    ['failed', 'notTested', 'failed'],
  ] as const)('says about a required test that %s and one that is %s: %s', (one, other, verdict) => {
    const optional = result('sendSpoofed', 'failed', false);
    expect(verdictOf([result('ping', one), result('receiveSpoofed', other), optional])).toBe(verdict);
  });

  it('says in mails why a test was not made', () => {
    const tests = [result('ping', 'failed'), result('receiveSpoofed', 'notTested')];
    expect(describeReport({ verdict: 'failed', tests, selfTests: [] }).split('\n')).toEqual([
      '  send pings: NO',
      '  receive replies to spoofed probes: not tested: nobody can spoof',
    ]);
  });
});
