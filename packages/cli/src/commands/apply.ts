import type { Command } from 'commander';
import { type ConnectionOptions, connectWithoutKey, withServer } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';

interface ApplyOptions extends ConnectionOptions {
  readonly hosting: string;
  readonly name: string;
  readonly email: string;
  readonly reason: string;
}

/** `revtr apply ADDRESS`. */
export function addApply(program: Command, { terminal, output }: Context): void {
  withServer(addCommand(program, 'apply', 'Apply to host a source (needs no API key)'))
    .argument('<address>', 'public IPv4 address of the source')
    .requiredOption('--hosting <text>', 'where the machine is hosted')
    .requiredOption('--name <name>', 'your name')
    .requiredOption('--email <address>', 'your e-mail address, preferably at your institution')
    .requiredOption('--reason <text>', 'why you want to add a source')
    .action(async (address: string, { hosting, name, email, reason, ...options }: ApplyOptions) => {
      const application = { address, hosting, name, email, reason };
      const id = await connectWithoutKey(options, terminal).fleet.apply(application);
      output.print(
        options,
        { id, address, email },
        (sent) => `The operators will decide on application ${sent.id}. You will get a mail at ${sent.email}.\n`,
      );
    });
}
