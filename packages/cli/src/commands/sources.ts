import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';

/** `revtr sources`. */
export function addSources(program: Command, context: Context): void {
  withConnection(addCommand(program, 'sources', 'List the registered sources')).action(
    async (options: ConnectionOptions) => {
      const sources = await (await context.connect(options)).sources();
      context.output.print(options, sources, (shown) =>
        shown
          .map(({ ip = '', hostname = '', site = '' }) => `${ip.padEnd(16)} ${hostname.padEnd(40)} ${site}`.trimEnd())
          .map((line) => `${line}\n`)
          .join(''),
      );
    },
  );
}
