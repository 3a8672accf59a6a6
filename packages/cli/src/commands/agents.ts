import type { Command } from 'commander';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { renderAgent, renderAgents } from '../render/agents.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends ConnectionOptions {
  readonly json?: boolean;
}

/** `revtr agents`: how your agents are, and what their tests have shown. */
export function addAgents(program: Command, terminal: Terminal): void {
  const agents = program.command('agents').description('how your agents are; operators see all');

  withConnection(agents.command('list', { isDefault: true }))
    .description('list them')
    .option('--json', 'print them as JSON')
    .action(async (options: Options) => {
      const list = await (await connect(options, terminal)).fleet.agents();
      terminal.out(options.json === true ? `${JSON.stringify(list, null, 2)}\n` : renderAgents(list));
    });

  withConnection(agents.command('show'))
    .description('show one with its last tests and their evidence')
    .argument('<address>')
    .option('--json', 'print it as JSON')
    .action(async (address: string, options: Options) => {
      const agent = await (await connect(options, terminal)).fleet.agent(address);
      terminal.out(options.json === true ? `${JSON.stringify(agent, null, 2)}\n` : renderAgent(agent));
    });

  withConnection(agents.command('test'))
    .description('test one now; a quarantine ends when it passes')
    .argument('<address>')
    .action(async (address: string, options: Options) => {
      const { state } = await (await connect(options, terminal)).fleet.test(address);
      terminal.out(`${address} is being tested (${state}); revtr agents show ${address} has the outcome\n`);
    });

  withConnection(agents.command('withdraw'))
    .description('take one out of the system for good')
    .argument('<address>')
    .action(async (address: string, options: Options) => {
      await (await connect(options, terminal)).fleet.withdraw(address);
      terminal.out(`${address} is withdrawn: nothing is sent by it, to it, or in its name any more\n`);
    });
}
