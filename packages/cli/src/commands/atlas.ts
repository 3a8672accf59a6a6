import type { AtlasRun } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { describeRun, renderAtlas } from '../render/atlas.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends ConnectionOptions {
  readonly json?: boolean;
}

interface RunOptions extends Options {
  readonly ripeKey?: string;
  readonly wait?: boolean;
}

/** `revtr atlas`: what the atlas of a source covers, and its runs. */
export function addAtlas(program: Command, terminal: Terminal, exit: (code: ExitCode) => void): void {
  const atlas = program.command('atlas').description('the atlas of your source');
  const ripeKeyOf = ({ ripeKey }: RunOptions): string | undefined => ripeKey ?? terminal.environment.RIPE_ATLAS_KEY;

  withConnection(atlas.command('show'))
    .description('show what it covers, how old it is, and its runs')
    .argument('<source>')
    .option('--json', 'print it as JSON')
    .action(async (source: string, options: Options) => {
      const shown = await (await connect(options, terminal)).fleet.atlas(source);
      terminal.out(options.json === true ? `${JSON.stringify(shown, null, 2)}\n` : renderAtlas(shown));
    });

  withConnection(atlas.command('estimate'))
    .description('say what a run would measure and cost')
    .argument('<source>')
    .option('--ripe-key <key>', 'your RIPE Atlas key (RIPE_ATLAS_KEY)')
    .action(async (source: string, options: RunOptions) => {
      const { fleet } = await connect(options, terminal);
      const { payer, probes, credits, note } = await fleet.estimateAtlas(source, ripeKeyOf(options));
      const whose = { user: 'your', system: "the system's", nobody: 'no' }[payer];
      terminal.out(`${probes} RIPE Atlas probes, ${credits} credits: ${whose} credits\n`);
      if (note !== undefined) terminal.out(`${note}\n`);
    });

  withConnection(atlas.command('run'))
    .description('measure it anew; goes on after the answer')
    .argument('<source>')
    .option('--ripe-key <key>', 'your RIPE Atlas key (RIPE_ATLAS_KEY): it pays for the traceroutes of RIPE Atlas')
    .option('--wait', 'stay until it is done')
    .action(async (source: string, options: RunOptions) => {
      const { fleet } = await connect(options, terminal);
      const run = await fleet.runAtlas(source, ripeKeyOf(options));
      if (options.wait !== true) {
        terminal.out(`run ${run.id} is under way; revtr atlas show ${source} has the outcome\n`);
        return;
      }
      const onProgress = (current: AtlasRun): void => {
        if (terminal.isInteractive) terminal.err(`  ${describeRun(current)}\n`);
      };
      const shown = await fleet.atlasWhenDone(source, onProgress);
      terminal.out(renderAtlas(shown));
      exit(shown.runs[0]?.state === 'done' ? EXIT.ok : EXIT.incomplete);
    });

  withConnection(atlas.command('cancel'))
    .description('end the run that is under way; what it has found stays')
    .argument('<source>')
    .action(async (source: string, options: Options) => {
      await (await connect(options, terminal)).fleet.cancelAtlasRun(source);
      terminal.out(`the run for ${source} is cancelled\n`);
    });

  withConnection(atlas.command('clean'))
    .description('forget it, for instance after a change of routing')
    .argument('<source>')
    .action(async (source: string, options: Options) => {
      await (await connect(options, terminal)).fleet.cleanAtlas(source);
      terminal.out(`the atlas of ${source} is forgotten; revtr atlas run ${source} measures it anew\n`);
    });
}
