import { describeReport, type Report } from '../agents/report.ts';
import type { KindAlert } from '../self-audit/operator-alerts.ts';

/** A mail before it has a recipient. Text of a link contains `{token}`, which is replaced when the mail is sent. */
export interface MailText {
  readonly subject: string;
  readonly body: string;
}

const SYSTEM = 'Reverse Traceroute:';
const SUBJECT = `${SYSTEM} your source`;
const WHO_ELSE = 'If you did not request this, ignore this mail: nothing happens without the link.';

/** Asks an applicant without an account to show that the e-mail address is theirs. Nothing in it is the stranger's own text. */
export function verifyMail({ address }: { readonly address: string }, howTo: string): MailText {
  return {
    subject: `${SUBJECT} ${address}: please confirm your application`,
    body: `Hello,

somebody applied to add the IP address ${address} as a source and gave your e-mail address. If it was you, please
confirm the application, so that the operators can decide about it. Open this page:

${howTo}

${WHO_ELSE}
`,
  };
}

/** Tells the owner of an account that an application without a key named their e-mail address. */
export function applyWithKeyMail({ address }: { readonly address: string }): MailText {
  return {
    subject: `${SUBJECT} ${address}: please apply with your API key`,
    body: `Somebody applied to add the IP address ${address} as a source and gave your e-mail address. You have an account, so
the application does not count. If it was you, please send it again with your API key:

  revtr login
  revtr apply ${address} --hosting TEXT --reason TEXT

If it was not you, ignore this mail.
`,
  };
}

/**
 * Tells an applicant that the application was approved.
 * @param howTo how a new user collects the API key; `undefined` for a user who has an account
 */
export function clearedMail(
  { address, name, note }: { readonly address: string; readonly name: string; readonly note: string },
  howTo: string | undefined,
): MailText {
  const key =
    howTo === undefined
      ? 'Use one of your API keys for reverse traceroute measurements.'
      : `To see your API key for reverse traceroute measurements, open this page:

${howTo} The key is shown once, so please keep it.`;
  return {
    subject: `${SUBJECT} ${address} is cleared`,
    body: `Dear ${name},

your IP address ${address} has been added to the set of authorized sources.
${note === '' ? '' : `\n${note}\n`}
${key}

Please start the agent on the machine that has this address. The agent connects to the controller, which then
tests it and sends you a report. You receive another mail when your source is ready.
`,
  };
}

/** Invites a new user, or gives a user another way to get an API key. */
export function keyMail({ name }: { readonly name: string }, howTo: string): MailText {
  return {
    subject: `${SYSTEM} your API key`,
    body: `Dear ${name},

an operator created an API key link for your account. To see your API key, open this page:

${howTo} The key is shown once, so please keep it.
`,
  };
}

/** Asks somebody who registers to show that the e-mail address is theirs. Nothing in it is the stranger's own text. */
export function registerMail(howTo: string): MailText {
  return {
    subject: `${SYSTEM} please confirm your registration`,
    body: `Hello,

somebody registered with your e-mail address. If it was you, open this page to create your account and to see your
API key:

${howTo} The key is shown once, so please keep it.

${WHO_ELSE}
`,
  };
}

/** Tells somebody who registers or wants to log in whether they have an account. */
export function accountMail(hasAccount: boolean): MailText {
  const state = hasAccount
    ? 'You have an account already. Use one of your API keys, or ask the operators for a new one.'
    : 'There is no account with this e-mail address. Ask the operators to invite you.';
  return {
    subject: `${SYSTEM} your account`,
    body: `Somebody asked for an account or a login with your e-mail address.\n\n${state}\n\nIf it was not you, ignore this mail.\n`,
  };
}

const KIND_NEWS: Readonly<Record<KindAlert['type'], string>> = {
  degraded: 'has degraded',
  suspended: 'is suspended',
  released: 'is used again',
};
const KIND_EFFECT: Readonly<Record<KindAlert['type'], string>> = {
  degraded: 'The controller has lowered the confidence of these hops. They are still used.',
  suspended:
    'The controller uses these hops only where no technique finds a better one, and never calls them measured. Self-audits\ncontinue to try them, and release them when they are right again.',
  released: 'The controller uses these hops like all others again.',
};

/** Tells an operator what self-audits have shown about a kind of hop. */
export function kindAlertMail({ type, kind, share, low, high, claimed, floor }: KindAlert): MailText {
  const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return {
    subject: `${SYSTEM} the kind of hop ${kind} ${KIND_NEWS[type]}`,
    body: `Self-audits compared hops of the kind ${kind} with traceroutes of the same paths. Of the recent ones,
${percent(share)} are right (95 % interval: ${percent(low)} to ${percent(high)}). The program expects ${percent(claimed)}, and
suspends the kind below ${percent(floor)}.

${KIND_EFFECT[type]}

To see all figures, run "revtr accuracy". To see the latest audits, run "revtr admin self-audits". To lift a
suspension, run "revtr admin lift ${kind}".
`,
  };
}

/** Mails a link with which a browser logs in. */
export function logInMail(howTo: string): MailText {
  return { subject: `${SYSTEM} log in`, body: `To log in, open this page:\n\n${howTo}\n\n${WHO_ELSE}\n` };
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
