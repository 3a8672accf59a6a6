import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';

interface AddOptions extends ConnectionOptions {
  readonly reason: string;
}

/** `revtr admin opt-out`. */
export function addOptOuts(admin: Command, context: Context): void {
  const { output } = context;
  const optOut = admin.command('opt-out').description('Manage the networks that opted out of probing');

  withConnection(
    optOut.command('list', { isDefault: true }).description('List the opt-outs').option('--json', 'print JSON'),
  ).action(async (options: ConnectionOptions) => {
    const optOuts = await (await context.connect(options)).fleet.optOuts();
    output.print(options, optOuts, (shown) =>
      shown.map(({ network, reason }) => `${`${network.padEnd(18)} ${reason}`.trimEnd()}\n`).join(''),
    );
  });

  withConnection(addCommand(optOut, 'add', 'Stop probing a network'))
    .argument('<prefix>', 'IPv4 prefix, for example 192.0.2.0/24')
    .option('--reason <text>', 'who asked for it, and when', '')
    .action(async (prefix: string, options: AddOptions) => {
      const { reason } = options;
      await (await context.connect(options)).fleet.addOptOut(prefix, reason);
      output.print(options, { prefix, reason }, (added) => `${added.prefix} is not probed any more\n`);
    });

  withConnection(addCommand(optOut, 'remove', 'Allow probing of a network again'))
    .argument('<prefix>', 'IPv4 prefix')
    .action(async (prefix: string, options: ConnectionOptions) => {
      await (await context.connect(options)).fleet.removeOptOut(prefix);
      output.print(options, { prefix }, (removed) => `${removed.prefix} may be probed again\n`);
    });
}
