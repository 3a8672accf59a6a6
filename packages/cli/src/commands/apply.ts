import type { Command } from 'commander';
import { connectWithoutKey, withServer } from '../connection.ts';
import type { Terminal } from '../terminal.ts';

interface ApplyOptions {
  readonly hosting: string;
  readonly name: string;
  readonly email: string;
  readonly reason: string;
  readonly server?: string;
}

/** `revtr apply`: asks the operators to add a source. */
export function addApply(program: Command, terminal: Terminal): void {
  withServer(program.command('apply'))
    .description('apply to host a source; needs no key')
    .argument('<address>', 'public IPv4 address of the source')
    .requiredOption('--hosting <text>', 'where that address is hosted')
    .requiredOption('--name <name>', 'your name')
    .requiredOption('--email <address>', 'your e-mail address, best an institutional one')
    .requiredOption('--reason <text>', 'why you want to add a source')
    .action(async (address: string, { hosting, name, email, reason, ...options }: ApplyOptions) => {
      const application = { address, hosting, name, email, reason };
      const id = await connectWithoutKey(options, terminal).fleet.apply(application);
      terminal.out(`application ${id} awaits the operators; you will get a mail at ${email}\n`);
    });
}
