import type { Command } from 'commander';
import { type ConnectionOptions, connectOptionally, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { renderAccuracy, renderSelfAudit, renderSuspensions } from '../render/accuracy.ts';
import { readCount } from './arguments.ts';

interface AccuracyOptions extends ConnectionOptions {
  readonly from?: string;
  readonly to?: string;
  readonly network?: number;
  readonly technique?: string;
}

interface AuditsOptions extends ConnectionOptions {
  readonly limit: number;
}

/** `revtr accuracy`. */
export function addAccuracy(program: Command, context: Context): void {
  withConnection(addCommand(program, 'accuracy', 'Show how accurate the reverse traceroutes of the system are'))
    .option('--from <time>', 'first day, such as 2026-11-20T00:00Z (default: 30 days before --to)')
    .option('--to <time>', 'last day (default: today)')
    .option('--network <asn>', 'only hosts in this network', readCount)
    .option('--technique <name>', 'only hops of this technique, such as atlas')
    .action(async (options: AccuracyOptions) => {
      const { from, to, network, technique } = options;
      const { fleet } = await connectOptionally(options, context.terminal);
      const query = {
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(network !== undefined && { network: String(network) }),
        ...(technique !== undefined && { technique }),
      };
      context.output.print(options, await fleet.accuracy(query), renderAccuracy);
    });
}

/** `revtr admin self-audits` and `revtr admin lift`. */
export function addSelfAudits(admin: Command, context: Context): void {
  const { output } = context;
  withConnection(addCommand(admin, 'self-audits', 'List the latest self-audits and their hops that are not right'))
    .option('--limit <n>', 'number of audits', readCount, 20)
    .action(async (options: AuditsOptions) => {
      const { fleet } = await context.connect(options);
      output.print(options, await fleet.selfAudits(options.limit), (audits) => audits.map(renderSelfAudit).join(''));
    });

  withConnection(addCommand(admin, 'lift', 'Lift the suspension of a kind of hop'))
    .argument('<kind>', 'kind of hop, as revtr accuracy prints it')
    .action(async (kind: string, options: ConnectionOptions) => {
      const { fleet } = await context.connect(options);
      output.print(options, await fleet.liftSuspension(kind), renderSuspensions);
    });
}
