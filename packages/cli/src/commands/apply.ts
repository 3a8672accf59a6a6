import type { Command } from 'commander';
import { type ConnectionOptions, connectOptionally, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';

interface ApplyOptions extends ConnectionOptions {
  readonly hosting: string;
  readonly name?: string;
  readonly email?: string;
  readonly reason: string;
}

/** `revtr apply ADDRESS`. */
export function addApply(program: Command, { terminal, output }: Context): void {
  withConnection(addCommand(program, 'apply', 'Apply to host a source; with an API key, for your account'))
    .argument('<address>', 'public IPv4 address of the source')
    .requiredOption('--hosting <text>', 'where the machine is hosted')
    .option('--name <name>', 'your name (required without an API key)')
    .option('--email <address>', 'your e-mail address, preferably at your institution (required without an API key)')
    .requiredOption('--reason <text>', 'why you want to add a source')
    .action(async (address: string, { hosting, name, email, reason, ...options }: ApplyOptions) => {
      const application = {
        address,
        hosting,
        reason,
        ...(name !== undefined && { name }),
        ...(email !== undefined && { email }),
      };
      const { id, state } = await (await connectOptionally(options, terminal)).fleet.apply(application);
      output.print(options, { id, state, address, email }, (sent) =>
        sent.state === 'unverified'
          ? `Please open the link in the mail to ${sent.email ?? ''}: application ${sent.id} counts when you have confirmed it.\n`
          : `The operators will decide on application ${sent.id}. The applicant will get a mail.\n`,
      );
    });
}
