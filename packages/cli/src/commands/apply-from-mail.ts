import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { unusableFile } from '../errors.ts';
import { APPLICATION_FIELDS, type MailedApplication, readMailedApplication } from '../mailed-application.ts';
import { readText } from '../read-text.ts';

type MailOptions = ConnectionOptions & MailedApplication;

/** Characters of a mail that are read. */
const MOST_CHARACTERS = 200_000;

/** `revtr admin apply-from-mail`. */
export function addApplyFromMail(admin: Command, context: Context): void {
  const { terminal, output } = context;
  const command = addCommand(
    admin,
    'apply-from-mail',
    'Enter an application that arrived by e-mail; the applicant gets a link to confirm it',
  );
  withConnection(command)
    .argument('[file]', 'text of the mail; - reads standard input', '-')
    .option('--address <address>', 'IPv4 address of the source, in place of what the mail says')
    .option('--hosting <text>', 'where the machine is hosted, in place of what the mail says')
    .option('--name <name>', 'name of the applicant, in place of what the mail says')
    .option('--email <address>', 'e-mail address of the applicant, in place of what the mail says')
    .option('--reason <text>', 'why they want to add a source, in place of what the mail says')
    .action(async (file: string, options: MailOptions) => {
      const mail = await readText(file, terminal);
      const { address, hosting, name, email, reason } = completed(
        readMailedApplication(mailOf(mail, file)),
        options,
        file,
      );
      const { fleet } = await context.connect(options);
      const { id, state } = await fleet.apply({ address, hosting, name, email, reason, confirmEmail: true });
      output.print(options, { id, state, address, hosting, name, email, reason }, (entered) =>
        [
          `address: ${entered.address}`,
          `hosted:  ${entered.hosting}`,
          `name:    ${entered.name}`,
          `e-mail:  ${entered.email}`,
          `reason:  ${entered.reason}`,
          `Application ${entered.id} counts when the applicant has opened the link in the mail to ${entered.email}.`,
          '',
        ].join('\n'),
      );
    });
}

function mailOf(text: string, file: string): string {
  if (text.length <= MOST_CHARACTERS) return text;
  throw unusableFile(file, `a mail has at most ${MOST_CHARACTERS} characters`);
}

/** The application with the options in place of what the mail says. @throws {CliError} naming every field that is missing */
function completed(
  found: MailedApplication,
  options: MailedApplication,
  file: string,
): Record<(typeof APPLICATION_FIELDS)[number], string> {
  const { address = '', hosting = '', name = '', email = '', reason = '' } = { ...found, ...options };
  const all = { address, hosting, name, email, reason };
  const missing = APPLICATION_FIELDS.filter((field) => all[field] === '');
  if (missing.length === 0) return all;
  const flags = missing.map((field) => `--${field}`).join(', ');
  throw unusableFile(file, `the mail does not say everything; add ${flags}, or a line such as "Reason: …" to the text`);
}
