import type { SourceVisibility } from '@revtr/client';
import { type Command, Option } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';

interface ShareOptions extends ConnectionOptions {
  readonly visibility?: SourceVisibility['visibility'];
  readonly with?: readonly string[];
}

/** `revtr sources`. */
export function addSources(program: Command, context: Context): void {
  const sources = program.command('sources').description('List sources, and share yours');
  addShare(sources, context);
  const list = sources.command('list', { isDefault: true }).description('List the sources that you may measure to');
  withConnection(list.option('--json', 'print JSON')).action(async (options: ConnectionOptions) => {
    const sources = await (await context.connect(options)).sources();
    context.output.print(options, sources, (shown) =>
      shown
        .map(({ ip = '', hostname = '', site = '' }) => `${ip.padEnd(16)} ${hostname.padEnd(40)} ${site}`.trimEnd())
        .map((line) => `${line}\n`)
        .join(''),
    );
  });
}

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
