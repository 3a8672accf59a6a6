import { type Command, InvalidArgumentError } from 'commander';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import type { Terminal } from '../terminal.ts';

interface NoteOptions extends ConnectionOptions {
  readonly note: string;
}

/** `revtr admin`: what the operator decides. */
export function addAdmin(program: Command, terminal: Terminal): void {
  const admin = program.command('admin').description('what the operator decides');
  addApplications(admin, terminal);
  addFleet(admin, terminal);
  addOptOuts(admin, terminal);
}

function addApplications(admin: Command, terminal: Terminal): void {
  withConnection(admin.command('applications'))
    .description('list applications of people who want to host sources')
    .option('--all', 'also those that are decided')
    .action(async (options: ConnectionOptions & { readonly all?: boolean }) => {
      const { fleet } = await connect(options, terminal);
      const applications = await fleet.applications(options.all === true ? undefined : 'pending');
      if (applications.length === 0) terminal.out('no application awaits a decision\n');
      for (const application of applications) {
        const { id, address, state, name, email, hosting, reason } = application;
        terminal.out(`${id}  ${state}  ${address}  ${name} <${email}>\n   hosted: ${hosting}\n   reason: ${reason}\n`);
      }
    });

  for (const decision of ['approve', 'refuse'] as const) {
    withConnection(admin.command(decision))
      .description(`${decision} an application; the applicant gets a mail`)
      .argument('<id>', 'number of the application', readId)
      .option('--note <text>', 'goes into the mail', '')
      .action(async (id: number, options: NoteOptions) => {
        const { address, state } = await (await connect(options, terminal)).fleet[decision](id, options.note);
        terminal.out(`application ${id} for ${address} is ${state}\n`);
      });
  }

  withConnection(admin.command('mails'))
    .description('show the last mails, sent or waiting')
    .action(async (options: ConnectionOptions) => {
      const mails = await (await connect(options, terminal)).fleet.mails();
      for (const { recipient, subject, body, createdAt, sentAt, lastError } of [...mails].reverse()) {
        const state =
          sentAt !== undefined ? `sent ${sentAt}` : `not sent${lastError === undefined ? '' : ` (${lastError})`}`;
        terminal.out(`--- ${createdAt}, ${state}\nTo: ${recipient}\nSubject: ${subject}\n\n${body}\n`);
      }
    });
}

function addFleet(admin: Command, terminal: Terminal): void {
  withConnection(admin.command('add-vp'))
    .description('register a vantage point')
    .argument('<address>', 'its public IPv4 address')
    .requiredOption('--hostname <name>')
    .option('--site <name>', 'where it is', '')
    .action(
      async (address: string, options: ConnectionOptions & { readonly hostname: string; readonly site: string }) => {
        const { hostname, site } = options;
        await (await connect(options, terminal)).fleet.addVantagePoint({ address, hostname, site });
        terminal.out(`${address} may enrol; run its agent now\n`);
      },
    );

  withConnection(admin.command('quarantine'))
    .description('keep an agent out of measurements until its tests pass again')
    .argument('<address>')
    .requiredOption('--reason <text>')
    .action(async (address: string, options: ConnectionOptions & { readonly reason: string }) => {
      const agent = await (await connect(options, terminal)).fleet.quarantine(address, options.reason);
      terminal.out(`${address} is in quarantine until ${agent.quarantine?.until ?? 'it is tested'}\n`);
    });
}

function addOptOuts(admin: Command, terminal: Terminal): void {
  const optOut = admin.command('opt-out').description('ranges that are not probed because their holders asked for it');
  withConnection(optOut.command('list', { isDefault: true })).action(async (options: ConnectionOptions) => {
    for (const { prefix, reason } of await (await connect(options, terminal)).fleet.optOuts())
      terminal.out(`${prefix.padEnd(18)} ${reason}\n`);
  });
  withConnection(optOut.command('add'))
    .argument('<prefix>', 'for instance 192.0.2.0/24')
    .option('--reason <text>', 'who asked, and when', '')
    .action(async (prefix: string, options: ConnectionOptions & { readonly reason: string }) => {
      await (await connect(options, terminal)).fleet.addOptOut(prefix, options.reason);
      terminal.out(`${prefix} is not probed any more\n`);
    });
  withConnection(optOut.command('remove'))
    .argument('<prefix>')
    .action(async (prefix: string, options: ConnectionOptions) => {
      await (await connect(options, terminal)).fleet.removeOptOut(prefix);
      terminal.out(`${prefix} may be probed again\n`);
    });
}

function readId(text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('it must be a number.');
  return Number(text);
}
