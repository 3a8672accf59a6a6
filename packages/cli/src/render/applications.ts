import type { Application, Mail } from '@revtr/client';

/** Applications, each in three lines. */
export function renderApplications(applications: readonly Application[]): string {
  if (applications.length === 0) return 'no applications are pending\n';
  return applications
    .map(
      ({ id, address, state, name, email, hosting, reason }) =>
        `${id}  ${state}  ${address}  ${name} <${email}>\n   hosted: ${hosting}\n   reason: ${reason}\n`,
    )
    .join('');
}

/** Mails. Their lines are indented, which keeps a line of a body from looking like the head of another mail. */
export function renderMails(mails: readonly (Omit<Mail, 'body'> & { readonly lines: readonly string[] })[]): string {
  if (mails.length === 0) return 'no mails\n';
  return mails
    .map(({ id, recipient, subject, lines, createdAt, sentAt, lastError }) => {
      const failure = lastError === undefined ? '' : ` (${lastError})`;
      const state = sentAt === undefined ? `not sent${failure}` : `sent ${sentAt}`;
      return `--- mail ${id}, ${createdAt}, ${state}\nTo: ${recipient}\nSubject: ${subject}\n\n${lines.map((line) => `    ${line}`.trimEnd()).join('\n')}\n`;
    })
    .join('');
}
