import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { renderApplications, renderMails } from '../render/applications.ts';
import { renderStatus } from '../render/status.ts';
import { addLegacyAgents } from './admin-legacy.ts';
import { addKillSwitches } from './admin-stop.ts';
import { addApplyFromMail } from './apply-from-mail.ts';
import { readCount } from './arguments.ts';
import { addMysqlImport } from './import-mysql.ts';
import { addTracerouteImport } from './import-traceroutes.ts';

interface ApplicationsOptions extends ConnectionOptions {
  readonly all?: boolean;
}

interface MailsOptions extends ConnectionOptions {
  readonly handOver?: number;
}

interface NoteOptions extends ConnectionOptions {
  readonly note: string;
}

interface VantagePointOptions extends ConnectionOptions {
  readonly hostname: string;
  readonly site: string;
}

interface QuarantineOptions extends ConnectionOptions {
  readonly reason: string;
}

/** `revtr admin`. Returns the command, to add more subcommands. */
export function addAdmin(program: Command, context: Context): Command {
  const admin = program.command('admin').description('Operate the system (operators)');
  addStatus(admin, context);
  addApplications(admin, context);
  addApplyFromMail(admin, context);
  addFleet(admin, context);
  addLegacyAgents(admin, context);
  addKillSwitches(admin, context);
  addTracerouteImport(admin, context);
  addMysqlImport(admin, context);
  return admin;
}

function addStatus(admin: Command, context: Context): void {
  withConnection(addCommand(admin, 'status', 'Show the state of the whole system on one page')).action(
    async (options: ConnectionOptions) => {
      const status = await (await context.connect(options)).fleet.status();
      context.output.print(options, status, (shown) => renderStatus(shown, Date.now()));
    },
  );
}

function addApplications(admin: Command, context: Context): void {
  const { output } = context;
  withConnection(addCommand(admin, 'applications', 'List applications to host a source'))
    .option('--all', 'include the applications that are decided')
    .action(async (options: ApplicationsOptions) => {
      const { fleet } = await context.connect(options);
      const applications = await fleet.applications(options.all === true ? undefined : 'pending');
      output.print(options, applications, renderApplications);
    });

  for (const [decision, verb] of [
    ['approve', 'Approve'],
    ['refuse', 'Refuse'],
  ] as const) {
    withConnection(addCommand(admin, decision, `${verb} an application; the applicant gets a mail`))
      .argument('<id>', 'number of the application', readCount)
      .option('--note <text>', 'text for the mail', '')
      .action(async (id: number, options: NoteOptions) => {
        const application = await (await context.connect(options)).fleet[decision](id, options.note);
        output.print(
          options,
          application,
          (decided) => `application ${decided.id} for ${decided.address} is ${decided.state}\n`,
        );
      });
  }

  withConnection(addCommand(admin, 'mails', 'Show the most recent mails, sent or waiting'))
    .option('--hand-over <id>', 'show one mail with a new link that works, to forward by hand', readCount)
    .action(async (options: MailsOptions) => {
      const { fleet, accounts } = await context.connect(options);
      const mails =
        options.handOver === undefined ? await fleet.mails() : [await accounts.mailWithLink(options.handOver)];
      const oldestFirst = [...mails].reverse();
      // Lines are separated before they are escaped, because a body may have several.
      if (options.json === true) output.print(options, oldestFirst, () => '');
      else
        output.print(
          options,
          oldestFirst.map(({ body, ...mail }) => ({ ...mail, lines: body.split('\n') })),
          renderMails,
        );
    });
}

function addFleet(admin: Command, context: Context): void {
  const { output } = context;
  withConnection(addCommand(admin, 'add-vp', 'Register a vantage point'))
    .argument('<address>', 'public IPv4 address of the vantage point')
    .requiredOption('--hostname <name>', 'host name of the vantage point')
    .option('--site <name>', 'location', '')
    .action(async (address: string, options: VantagePointOptions) => {
      const { hostname, site } = options;
      const agent = await (await context.connect(options)).fleet.addVantagePoint({ address, hostname, site });
      output.print(options, agent, (added) => `${added.address} is registered. Start its agent to enrol it.\n`);
    });

  withConnection(addCommand(admin, 'quarantine', 'Keep an agent out of measurements until an operator has it tested'))
    .argument('<address>', 'IPv4 address of the agent')
    .requiredOption('--reason <text>', 'reason, which its host can read')
    .action(async (address: string, options: QuarantineOptions) => {
      const agent = await (await context.connect(options)).fleet.quarantine(address, options.reason);
      output.print(
        options,
        agent,
        (kept) => `${kept.address} is in quarantine until an operator ends it with revtr agents test\n`,
      );
    });
}
