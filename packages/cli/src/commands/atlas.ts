import type { Command } from 'commander';
import { type ConnectionOptions, readKey, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { describeRun, renderAtlas, renderEstimate } from '../render/atlas.ts';

interface RunOptions extends ConnectionOptions {
  readonly ripeKeyFile?: string;
  readonly wait?: boolean;
}

/** `revtr atlas`. */
export function addAtlas(program: Command, context: Context): void {
  const { terminal, output } = context;
  const atlas = program.command('atlas').description('Manage the atlas of your source');
  const add = (name: string, description: string): Command =>
    withConnection(addCommand(atlas, name, description)).argument('<source>', 'IPv4 address of the source');
  const addWithRipeKey = (name: string, description: string): Command =>
    add(name, description).option(
      '--ripe-key-file <file>',
      'file with the RIPE Atlas key that pays for the traceroutes (or the key itself in RIPE_ATLAS_KEY)',
    );
  const ripeKeyOf = async ({ ripeKeyFile }: RunOptions): Promise<string | undefined> =>
    ripeKeyFile === undefined ? terminal.environment.RIPE_ATLAS_KEY : readKey(ripeKeyFile, terminal);

  add('show', 'Show the coverage, the age and the runs of the atlas').action(
    async (source: string, options: ConnectionOptions) => {
      output.print(options, await (await context.connect(options)).fleet.atlas(source), renderAtlas);
    },
  );

  addWithRipeKey('estimate', 'Show what a run would measure and cost').action(
    async (source: string, options: RunOptions) => {
      const { fleet } = await context.connect(options);
      output.print(options, await fleet.estimateAtlas(source, await ripeKeyOf(options)), renderEstimate);
    },
  );

  addWithRipeKey('run', 'Start a run that measures the atlas')
    .option('--wait', 'wait for the end of the run')
    .action(async (source: string, options: RunOptions) => {
      const { fleet } = await context.connect(options);
      const run = await fleet.runAtlas(source, await ripeKeyOf(options));
      if (options.wait !== true) {
        output.print(options, run, ({ id }) => `Run ${id} has started. revtr atlas show prints its results.\n`);
        return;
      }
      const shown = await fleet.atlasWhenDone(source, (current) => {
        if (terminal.isWatched) output.note(`  ${describeRun(current)}`);
      });
      output.print(options, shown, renderAtlas);
      context.exitCode = shown.runs[0]?.state === 'done' ? EXIT.ok : EXIT.incomplete;
    });

  add('cancel', 'Cancel the active run; its results so far are kept').action(
    async (source: string, options: ConnectionOptions) => {
      const cancelled = await (await context.connect(options)).fleet.cancelAtlasRun(source);
      output.print(options, cancelled, (atlasNow) => `The run for ${atlasNow.source} is cancelled.\n`);
    },
  );

  add('clean', 'Delete the atlas, for example after a routing change').action(
    async (source: string, options: ConnectionOptions) => {
      await (await context.connect(options)).fleet.cleanAtlas(source);
      output.print(
        options,
        { source },
        (cleaned) => `The atlas of ${cleaned.source} is deleted. revtr atlas run measures a new one.\n`,
      );
    },
  );
}
