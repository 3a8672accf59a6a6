import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { renderAbuseReport } from '../render/audit.ts';
import { readCount } from './arguments.ts';

interface AbuseOptions extends ConnectionOptions {
  readonly reason: string;
  readonly days?: number;
}

/** `revtr admin abuse`. */
export function addAbuse(admin: Command, context: Context): void {
  withConnection(addCommand(admin, 'abuse', 'Stop probing a network that complained, and show what was sent there'))
    .argument('<target>', 'IPv4 address or prefix of the complaint')
    .requiredOption('--reason <text>', 'who complained, and when')
    .option('--days <number>', 'how many days to look back (default 7)', readCount)
    .action(async (target: string, options: AbuseOptions) => {
      const { reason, days } = options;
      const report = await (await context.connect(options)).fleet.reportAbuse(target, reason, days);
      context.output.print(options, report, renderAbuseReport);
    });
}
