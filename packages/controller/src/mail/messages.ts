import { describeReport, type Report } from '../agents/report.ts';

/** A mail before it has a recipient. */
export interface MailText {
  readonly subject: string;
  readonly body: string;
  /** Part of the body that is blotted out once the mail is sent. */
  readonly secret?: string;
}

const SUBJECT = 'Reverse Traceroute: your source';

/** The application was approved: the address is authorised, and here is the key. */
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

the address ${address} has been added to the set of authorised sources.
${note === '' ? '' : `\n${note}\n`}
Your API key, which is shown nowhere else, so please keep it:

  ${key}

Now run the agent on the machine that has the address. It connects by itself, is tested, and you get a mail
with the report; another one follows when your source is ready.
`,
  };
}

export function refusedMail(source: {
  readonly address: string;
  readonly name: string;
  readonly note: string;
}): MailText {
  const { address, name, note } = source;
  return {
    subject: `${SUBJECT} ${address} was not cleared`,
    body: `Dear ${name},

the address ${address} was not added to the set of authorised sources.
${note === '' ? '' : `\n${note}\n`}`,
  };
}

/** What the tests have shown. */
export function reportMail(address: string, report: Report, retestAt: Date | undefined): MailText {
  const isGood = report.verdict === 'passed';
  const subject = `${SUBJECT} ${address} ${isGood ? 'can' : 'cannot'} receive reverse traceroutes`;
  const next = isGood
    ? 'It is now integrated into the system; another mail follows when it is ready.'
    : `It will be tested again ${retestAt === undefined ? 'when it connects' : `after ${retestAt.toISOString()}`}, and whenever you ask for it.`;
  return { subject, body: `Your source ${address} was tested:\n\n${describeReport(report)}\n\n${next}\n` };
}

export function readyMail(address: string): MailText {
  return {
    subject: `${SUBJECT} ${address} is ready`,
    body: `Your source ${address} is ready: reverse traceroutes towards it can be measured.\n`,
  };
}

/** The identity of an agent was replaced: whoever did not do that should know. */
export function replacedMail(address: string): MailText {
  return {
    subject: `${SUBJECT} ${address} has a new identity`,
    body: `An agent at ${address} has asked for a new certificate and was given one; the one before is good for nothing any more.

This happens when its container was made anew without its volume. If you have not done that, somebody else
behind the same address has: please tell the operators.
`,
  };
}
