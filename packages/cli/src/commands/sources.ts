import type { Command } from 'commander';
import { connect, withConnection } from '../connection.ts';
import type { Terminal } from '../terminal.ts';

/** `revtr sources`: where reverse traceroutes can lead to. */
export function addSources(program: Command, terminal: Terminal): void {
  withConnection(program.command('sources'))
    .description('list the registered sources')
    .option('--json', 'print them as JSON')
    .action(async (options: { readonly json?: boolean; readonly server?: string; readonly key?: string }) => {
      const sources = await (await connect(options, terminal)).sources();
      if (options.json === true) {
        terminal.out(`${JSON.stringify(sources, null, 2)}\n`);
        return;
      }
      for (const { ip = '', hostname = '', site = '' } of sources) {
        terminal.out(`${ip.padEnd(16)} ${hostname.padEnd(40)} ${site}\n`);
      }
    });
}
