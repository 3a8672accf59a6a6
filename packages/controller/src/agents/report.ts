import { z } from 'zod';

/** What is tested, in order. */
export const TEST_NAMES = ['ping', 'traceroute', 'receiveRecordRoute', 'receiveSpoofed', 'sendSpoofed'] as const;
/** The name of a test: one of {@link TEST_NAMES}. */
export type TestName = (typeof TEST_NAMES)[number];

/** Titles of the tests, for people. */
const TEST_TITLES: Readonly<Record<TestName, string>> = {
  ping: 'send pings',
  traceroute: 'send traceroutes',
  receiveRecordRoute: 'receive packets with the Record Route option',
  receiveSpoofed: 'receive replies to spoofed probes',
  sendSpoofed: 'send spoofed probes',
};

/** One probe of a test, and its outcome. */
const evidenceSchema = z.object({
  /** Who sent, dotted quad. */
  sender: z.string(),
  target: z.string(),
  ok: z.boolean(),
  detail: z.string(),
});
/** One probe of a test, and its outcome. Addresses are dotted quads. */
export type Evidence = z.infer<typeof evidenceSchema>;

const testSchema = z.object({
  name: z.enum(TEST_NAMES),
  /** `notTested`: the test could not be made, for `reason`. It says nothing about the agent. */
  verdict: z.enum(['passed', 'failed', 'notTested']),
  reason: z
    .string()
    .optional()
    .describe('Why the test could not be made, or why the agent failed it if the probes alone do not tell'),
  /** Whether an agent of this kind must pass. */
  isRequired: z.boolean(),
  evidence: z.array(evidenceSchema),
});
/** One test with its verdict and the probes that led to it. */
export type TestResult = z.infer<typeof testSchema>;

/** What the tests of an agent have shown. */
export const reportSchema = z.object({
  verdict: z.enum(['passed', 'failed', 'notTested']),
  tests: z.array(testSchema),
  /** Results of the agent's own tests at its start. */
  selfTests: z.array(z.object({ name: z.string(), ok: z.boolean(), message: z.string() })),
});
z.globalRegistry.add(reportSchema, { id: 'AgentReport' });
/** What the tests of an agent have shown, as stored and as the API sends it. */
export type Report = z.infer<typeof reportSchema>;

/** The verdict about an agent: `passed` when it passed every required test, `notTested` when it failed none and some could not be made. */
export function verdictOf(tests: readonly TestResult[]): Report['verdict'] {
  const required = tests.filter(({ isRequired }) => isRequired);
  if (required.some(({ verdict }) => verdict === 'failed')) return 'failed';
  return required.every(({ verdict }) => verdict === 'passed') ? 'passed' : 'notTested';
}

/** A report as lines of text, for mails and terminals. */
export function describeReport({ tests, selfTests }: Report): string {
  const mark = { passed: 'yes', failed: 'NO', notTested: 'not tested' };
  const lines = tests.map(({ name, verdict, reason, isRequired, evidence }) => {
    const probes = evidence.map(({ sender, target, detail }) => `      ${sender} to ${target}: ${detail}`);
    const need = isRequired ? '' : ' (not required)';
    const why = reason === undefined ? '' : `: ${reason}`;
    return [`  ${TEST_TITLES[name]}: ${mark[verdict]}${need}${why}`, ...probes].join('\n');
  });
  const own = selfTests.filter(({ ok }) => !ok).map(({ name, message }) => `  ${name}: ${message}`);
  return [...lines, ...own].join('\n');
}
