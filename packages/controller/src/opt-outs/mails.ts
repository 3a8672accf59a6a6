import type { MailText } from '../mail/messages.ts';

/** Asks the abuse contact of a network whether a request to opt out is its holder's. */
export function confirmationMail(request: {
  readonly network: string;
  readonly link: string;
  readonly aboutUrl: string;
  readonly expiresAt: Date;
}): MailText {
  const { network, link, aboutUrl, expiresAt } = request;
  return {
    subject: `Please confirm: no more measurement probes to ${network}`,
    body: `Hello,

somebody asked us to send no more measurement probes to ${network}. You receive this mail because you are the
registered abuse contact of this network.

If you want us to stop, open this link and confirm:

  ${link}

The link is valid until ${expiresAt.toISOString()}. If you do nothing, nothing changes.

What our probes are: ${aboutUrl}
`,
  };
}

/** Tells the requester that a network is not probed any more. */
export function acceptedMail(network: string, note: string): MailText {
  return {
    subject: `We send no more probes to ${network}`,
    body: `Hello,

your request was accepted: all our measurement hosts stop sending probes to ${network} within a minute.
${note === '' ? '' : `\n${note}\n`}`,
  };
}

/** Tells the requester that an operator refused the request. */
export function notAcceptedMail(network: string, note: string): MailText {
  return {
    subject: `Your request about probes to ${network}`,
    body: `Hello,

your request to stop probes to ${network} was not accepted.
${note === '' ? '' : `\n${note}\n`}`,
  };
}
