import type { KillSwitch } from '@revtr/client';
import { Argument, type Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { renderKillSwitches } from '../render/kill-switches.ts';

interface StopOptions extends ConnectionOptions {
  readonly reason: string;
}

/** Names on the command line, and the scopes that they stand for. */
const SCOPES: Readonly<Record<string, KillSwitch['scope']>> = {
  all: 'probing',
  spoofing: 'spoofing',
  user: 'user',
  key: 'key',
  batch: 'batch',
  target: 'target',
  vp: 'vantagePoint',
  source: 'source',
};

const scopeArgument = (): Argument => new Argument('<what>', 'what to stop').choices(Object.keys(SCOPES));
const SUBJECT = 'number, address or prefix; none for all and spoofing';

/** `revtr admin stop`, `resume` and `stopped`: kill switches. */
export function addKillSwitches(admin: Command, context: Context): void {
  const { output } = context;
  withConnection(addCommand(admin, 'stop', 'Stop probes at once, in all agents, until they are resumed'))
    .addArgument(scopeArgument())
    .argument('[subject]', SUBJECT, '')
    .requiredOption('--reason <text>', 'reason, which owners of stopped measurements can read')
    .action(async (what: string, subject: string, options: StopOptions) => {
      const { fleet } = await context.connect(options);
      const stopped = await fleet.stopProbes({ scope: SCOPES[what], subject, reason: options.reason });
      output.print(options, stopped, renderKillSwitches);
    });

  withConnection(addCommand(admin, 'resume', 'Allow again what was stopped'))
    .addArgument(scopeArgument())
    .argument('[subject]', SUBJECT, '')
    .action(async (what: string, subject: string, options: ConnectionOptions) => {
      const { fleet } = await context.connect(options);
      output.print(options, await fleet.resumeProbes(SCOPES[what], subject), renderKillSwitches);
    });

  withConnection(addCommand(admin, 'stopped', 'Show what is stopped')).action(async (options: ConnectionOptions) => {
    const { fleet } = await context.connect(options);
    output.print(options, await fleet.killSwitches(), renderKillSwitches);
  });
}
