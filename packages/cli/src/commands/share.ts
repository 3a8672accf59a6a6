import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { readCount } from './arguments.ts';

/** `revtr share MEASUREMENT` and `revtr unshare MEASUREMENT`. */
export function addShare(program: Command, context: Context): void {
  const { output } = context;

  withConnection(addCommand(program, 'share', 'Publish a result: everybody who has the link can see the path'))
    .argument('<measurement>', 'number of the measurement', readCount)
    .option('--embed', 'print HTML that shows the path in another page')
    .action(async (id: number, { embed, ...options }: ConnectionOptions & { readonly embed?: boolean }) => {
      const publication = await (await context.connect(options)).publish(id);
      output.print(options, publication, ({ url, embedCode }) => `${embed === true ? embedCode : url}\n`);
    });

  withConnection(addCommand(program, 'unshare', 'Unpublish a result: its link stops working at once'))
    .argument('<measurement>', 'number of the measurement', readCount)
    .action(async (id: number, options: ConnectionOptions) => {
      await (await context.connect(options)).unpublish(id);
      output.print(options, { measurementId: id }, () => `measurement ${id} is not published any more\n`);
    });
}
