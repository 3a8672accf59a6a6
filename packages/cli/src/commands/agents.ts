import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, addDefaultCommand, type Context } from '../context.ts';
import { withTable } from '../display.ts';
import { renderAgent, renderAgents } from '../render/agents.ts';

const ADDRESS = 'IPv4 address of the agent';

/** `revtr agents`. */
export function addAgents(program: Command, context: Context): void {
  const { output } = context;
  const agents = program.command('agents').description('Manage your agents (operators: all agents)');
  const add = (name: string, description: string): Command =>
    withConnection(addCommand(agents, name, description)).argument('<address>', ADDRESS);

  withConnection(withTable(addDefaultCommand(agents, 'list', 'List the agents'))).action(
    async (options: ConnectionOptions) => {
      const listed = await (await context.connect(options)).fleet.agents();
      if (listed.length === 0) output.note('there is no agent that you may manage');
      output.print(options, listed, renderAgents);
    },
  );

  add('show', 'Show an agent with its most recent tests and their evidence').action(
    async (address: string, options: ConnectionOptions) => {
      output.print(options, await (await context.connect(options)).fleet.agent(address), renderAgent);
    },
  );

  add('test', 'Start the tests of an agent; a quarantine ends when they pass').action(
    async (address: string, options: ConnectionOptions) => {
      const agent = await (await context.connect(options)).fleet.test(address);
      output.print(
        options,
        agent,
        (tested) =>
          `The tests of ${tested.address} have started (${tested.state}). revtr agents show ${tested.address} prints the results.\n`,
      );
    },
  );

  add('withdraw', 'Remove an agent permanently').action(async (address: string, options: ConnectionOptions) => {
    const agent = await (await context.connect(options)).fleet.withdraw(address);
    output.print(
      options,
      agent,
      (gone) =>
        `${gone.address} is withdrawn. The system sends no more probes from it, to it or with its address as source.\n`,
    );
  });
}
