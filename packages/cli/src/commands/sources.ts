import type { SourceInfo, SourceVisibility } from '@revtr/client';
import { type Command, Option } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, addDefaultCommand, type Context } from '../context.ts';
import { withTable } from '../display.ts';
import { table } from '../render/layout/table.ts';
import type { Screen } from '../terminal.ts';

interface ShareOptions extends ConnectionOptions {
  readonly visibility?: SourceVisibility['visibility'];
  readonly with?: readonly string[];
}

/** `revtr sources`. */
export function addSources(program: Command, context: Context): void {
  const sources = program.command('sources').description('List sources, and share yours');
  addShare(sources, context);
  const list = addDefaultCommand(sources, 'list', 'List the sources that you may measure to');
  withConnection(withTable(list)).action(async (options: ConnectionOptions) => {
    const sources = await (await context.connect(options)).sources();
    if (sources.length === 0) context.output.note('there is no source that you may measure to');
    context.output.print(options, sources, renderSources);
  });
}

const renderSources = (sources: readonly SourceInfo[], screen: Screen): string =>
  table<SourceInfo>(
    [
      { head: 'ADDRESS', cell: ({ ip = '' }) => ip },
      { head: 'NAME', least: 12, cell: ({ hostname = '' }) => hostname },
      { head: 'SITE', least: 8, cell: ({ site = '' }) => site },
    ],
    sources,
    screen,
  );

function addShare(sources: Command, context: Context): void {
  withConnection(addCommand(sources, 'share', 'Show or set who may measure to your source'))
    .argument('<source>', 'IPv4 address of your source')
    .addOption(
      new Option('--visibility <who>', 'who may measure to it, beside you and operators').choices([
        'private',
        'shared',
        'public',
      ]),
    )
    .option('--with <emails...>', 'e-mail addresses of the users to share it with; replaces the list')
    .action(async (source: string, options: ShareOptions) => {
      const { accounts } = await context.connect(options);
      const { visibility = options.with === undefined ? undefined : 'shared' } = options;
      const shown =
        visibility === undefined
          ? await accounts.visibility(source)
          : await accounts.setVisibility(source, visibility, options.with);
      context.output.print(
        options,
        shown,
        ({ address, visibility: who, users }) =>
          `${address} is ${who}${users.length === 0 ? '' : ` with ${users.join(', ')}`}\n`,
      );
    });
}
