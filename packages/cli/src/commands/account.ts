import type { Command } from 'commander';
import { type ConnectionOptions, connectWithoutKey, withConnection, withServer } from '../connection.ts';
import { addCommand, addDefaultCommand, type Context } from '../context.ts';
import { renderAccount } from '../render/accounts.ts';
import { addArchiveConsent } from './archive.ts';

interface DeleteOptions extends ConnectionOptions {
  readonly confirm: string;
}

interface RegisterOptions extends ConnectionOptions {
  readonly name: string;
  readonly email: string;
}

/** `revtr account` and `revtr register`. */
export function addAccount(program: Command, context: Context): void {
  const { output, terminal } = context;
  const account = program.command('account').description('Show, export or delete your account');

  withConnection(addDefaultCommand(account, 'show', 'Show your account')).action(async (options: ConnectionOptions) => {
    output.print(options, await (await context.connect(options)).accounts.account(), renderAccount);
  });

  withConnection(
    addCommand(account, 'export', 'Print everything that is stored about you, one JSON object a line', 'the default'),
  ).action(async (options: ConnectionOptions) => {
    for await (const record of (await context.connect(options)).accounts.export())
      output.printEach({ json: true }, [record], () => '');
  });

  addArchiveConsent(account, context);

  withConnection(addCommand(account, 'delete', 'Delete your account, your measurements and your agents'))
    .requiredOption('--confirm <email>', 'e-mail address of the account')
    .action(async (options: DeleteOptions) => {
      await (await context.connect(options)).accounts.delete(options.confirm);
      output.print(options, { deleted: options.confirm }, ({ deleted }) => `the account ${deleted} is deleted\n`);
    });

  withServer(addCommand(program, 'register', 'Register, where the operators have opened registration'))
    .requiredOption('--name <name>', 'your name')
    .requiredOption('--email <address>', 'your e-mail address')
    .action(async ({ name, email, ...options }: RegisterOptions) => {
      await (await connectWithoutKey(options, terminal)).accounts.register({ name, email });
      output.print(options, { email }, (sent) => `Please open the link in the mail to ${sent.email}.\n`);
    });
}
