import { Argument, type Command } from 'commander';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { modelOf } from '../completion/model.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';

const SHELLS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const DETAILS = `
  bash  add to ~/.bashrc:
          source <(revtr completion bash)
  zsh   add to ~/.zshrc, after compinit:
          source <(revtr completion zsh)
  fish  run once:
          revtr completion fish > ~/.config/fish/completions/revtr.fish
`;

/** Recent batches that are suggested. */
const BATCHES = 20;

/** `revtr completion SHELL`. */
export function addCompletion(program: Command, context: Context): void {
  const { output } = context;
  const completion = program.command('completion').description('Print a completion script for bash, zsh or fish');
  completion.addHelpText('after', DETAILS);
  for (const [shell, scriptOf] of Object.entries(SHELLS))
    addCommand(completion, shell, `Print the completion script for ${shell}`).action((options) => {
      const script = scriptOf(modelOf(program));
      output.print({ ...options, wide: true }, { script }, () => script);
    });

  const values = addCommand(completion, 'values', 'Print values that exist on the server, with descriptions');
  withConnection(values)
    .addArgument(new Argument('<kind>', 'kind of values').choices(['sources', 'batches']))
    .action(async (kind: string, options: ConnectionOptions) => {
      const client = await context.connect(options);
      const found =
        kind === 'sources'
          ? (await client.sources()).map(({ ip = '', hostname = '' }) => ({ value: ip, description: hostname }))
          : (await client.batches({ limit: BATCHES })).map(({ id, createdAt, done, total }) => ({
              value: String(id),
              description: `${createdAt.slice(0, 16).replace('T', ' ')}, ${done} of ${total} done`,
            }));
      output.print(options, found, (shown) =>
        shown.map(({ value, description }) => `${value}\t${description}\n`).join(''),
      );
    });
}
