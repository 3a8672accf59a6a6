import { describeReport, type Report } from '../agents/report.ts';

/** A mail before it has a recipient. */
export interface MailText {
  readonly subject: string;
  readonly body: string;
  /** Part of the body that the database replaces once the mail is sent, such as an API key. */
  readonly secret?: string;
}

const SUBJECT = 'Reverse Traceroute: your source';

/** Tells an applicant that the application was approved, and gives the API key. */
export function clearedMail(source: {
  readonly address: string;
  readonly name: string;
  readonly key: string;
  readonly note: string;
}): MailText {
  const { address, name, key, note } = source;
  return {
    subject: `${SUBJECT} ${address} is cleared`,
    secret: key,
    body: `Dear ${name},

your IP address ${address} has been added to the set of authorized sources.
${note === '' ? '' : `\n${note}\n`}
Your API key for reverse traceroute measurements is below. This mail is the only copy, so please keep it.


  ${key}

Please start the agent on the machine that has this address. The agent connects to the controller, which then
tests it and sends you a report. You receive another mail when your source is ready.
`,
  };
}

/** Tells an applicant that the application was refused. */
export function refusedMail(source: {
  readonly address: string;
  readonly name: string;
  readonly note: string;
}): MailText {
  const { address, name, note } = source;
  return {
    subject: `${SUBJECT} ${address} was not cleared`,
    body: `Dear ${name},

your IP address ${address} was not added to the set of authorized sources.
${note === '' ? '' : `\n${note}\n`}`,
  };
}

/**
 * Reports the results of the tests of a source.
 * @param retestAt when a source that failed is tested again; `undefined`: when it connects
 */
export function reportMail(address: string, report: Report, retestAt: Date | undefined): MailText {
  const isGood = report.verdict === 'passed';
  const subject = `${SUBJECT} ${address} ${isGood ? 'can' : 'cannot'} receive reverse traceroutes`;
  const next = isGood
    ? 'The system now measures the atlas of your source. You receive another mail when your source is ready.'
    : `The controller tests it again ${retestAt === undefined ? 'when it connects' : `after ${retestAt.toISOString()}`}, or when you request a test.`;
  return { subject, body: `Your source ${address} was tested:\n\n${describeReport(report)}\n\n${next}\n` };
}

/** Tells the owner that a source is ready. */
export function readyMail(address: string): MailText {
  return {
    subject: `${SUBJECT} ${address} is ready`,
    body: `Your source ${address} is ready. You can now measure reverse traceroutes towards it.\n`,
  };
}

/** Tells the owner that an agent received a new certificate, which can mean that somebody else enrolled in its place. */
export function replacedMail(address: string): MailText {
  return {
    subject: `${SUBJECT} ${address} has a new identity`,
    body: `An agent at ${address} requested and received a new certificate. The previous certificate is no longer valid.

This is normal after you recreate the agent's container without its volume. If you did not do that, another
host behind the same address may have enrolled in place of your agent. Please inform the operators.
`,
  };
}
