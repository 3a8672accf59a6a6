import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';

/** `revtr admin legacy`. */
export function addLegacyAgents(admin: Command, context: Context): void {
  const { output } = context;
  const legacy = admin.command('legacy').description('Allow agents of revtr 2.0, address by address');
  const add = (name: string, description: string): Command =>
    withConnection(addCommand(legacy, name, description)).argument('<address>', 'IPv4 address of the agent');

  add(
    'allow',
    'Allow the agent of revtr 2.0 at the address of a registered source or vantage point, and no other agent',
  ).action(async (address: string, options: ConnectionOptions) => {
    const agent = await (await context.connect(options)).fleet.allowLegacyAgent(address);
    output.print(
      options,
      agent,
      (allowed) =>
        `${allowed.address} may run the agent of revtr 2.0. The controller knows it by its address alone, and that agent checks no grants, opt-outs or kill switches.\n`,
    );
  });

  add('deny', 'Disconnect the agent of revtr 2.0 at an address, and allow the agent of this system again').action(
    async (address: string, options: ConnectionOptions) => {
      const agent = await (await context.connect(options)).fleet.denyLegacyAgent(address);
      output.print(options, agent, (denied) => `${denied.address} may not run the agent of revtr 2.0 any longer.\n`);
    },
  );
}
