import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { renderBudgets, renderCircuits } from '../render/safety.ts';

/** `revtr admin budgets` and `revtr admin circuits`. */
export function addSafety(admin: Command, context: Context): void {
  const { output } = context;
  withConnection(addCommand(admin, 'budgets', 'Show the limits of probing and who is closest to them')).action(
    async (options: ConnectionOptions) => {
      output.print(options, await (await context.connect(options)).fleet.budgets(), renderBudgets);
    },
  );

  withConnection(addCommand(admin, 'circuits', 'List the networks whose probing is suspended')).action(
    async (options: ConnectionOptions) => {
      output.print(options, await (await context.connect(options)).fleet.circuits(), renderCircuits);
    },
  );
}
