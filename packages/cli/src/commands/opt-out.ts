import type { OptOut } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, addDefaultCommand, type Context } from '../context.ts';
import { withTable } from '../display.ts';
import { readText } from '../read-text.ts';
import { table } from '../render/layout/table.ts';
import type { Screen } from '../terminal.ts';
import { addOptOutRequests } from './opt-out-requests.ts';

interface AddOptions extends ConnectionOptions {
  readonly reason: string;
}

const NETWORK = 'prefix or AS number, for example 192.0.2.0/24, 2001:db8::/32 or AS64500';

/** `revtr admin opt-out`. */
export function addOptOuts(admin: Command, context: Context): void {
  const { output, terminal } = context;
  const optOut = admin.command('opt-out').description('Manage the networks that opted out of probing');

  withConnection(withTable(addDefaultCommand(optOut, 'list', 'List the opt-outs'))).action(
    async (options: ConnectionOptions) => {
      const optOuts = await (await context.connect(options)).fleet.optOuts();
      if (optOuts.length === 0) output.note('no network has opted out');
      output.print(options, optOuts, renderOptOuts);
    },
  );

  withConnection(addCommand(optOut, 'add', 'Stop probing a network'))
    .argument('<network>', NETWORK)
    .option('--reason <text>', 'who asked for it, and when', '')
    .action(async (network: string, options: AddOptions) => {
      const { reason } = options;
      await (await context.connect(options)).fleet.addOptOut(network, reason);
      output.print(options, { network, reason }, (added) => `${added.network} is not probed any more\n`);
    });

  withConnection(addCommand(optOut, 'import', 'Stop probing all networks of a file, or none when a line is wrong'))
    .argument('<file>', 'one prefix or AS number in a line; # begins a comment; - reads standard input')
    .option('--reason <text>', 'who asked for it, and when', '')
    .action(async (file: string, options: AddOptions) => {
      const list = await readText(file, terminal);
      const networks = await (await context.connect(options)).fleet.importOptOuts(list, options.reason);
      output.print(options, { networks }, (imported) => `${imported.networks} networks are not probed any more\n`);
    });

  withConnection(addCommand(optOut, 'remove', 'Allow probing of a network again'))
    .argument('<network>', NETWORK)
    .action(async (network: string, options: ConnectionOptions) => {
      await (await context.connect(options)).fleet.removeOptOut(network);
      output.print(options, { network }, (removed) => `${removed.network} may be probed again\n`);
    });

  addOptOutRequests(optOut, context);
}

const renderOptOuts = (optOuts: readonly OptOut[], screen: Screen): string =>
  table<OptOut>(
    [
      { head: 'NETWORK', cell: ({ network }) => network },
      { head: 'REASON', cell: ({ reason }) => reason },
    ],
    optOuts,
    screen,
  );
