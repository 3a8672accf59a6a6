import { open } from 'node:fs/promises';
import type { FleetClient, PublishedTraceroute, TracerouteImport } from '@revtr/client';
import { readTraceroutes } from '@revtr/datasets';
import { formatIpv4, tryParseIpv4 } from '@revtr/net';
import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { unreadableFile } from '../errors.ts';
import { readCount } from './arguments.ts';

interface ImportOptions extends ConnectionOptions {
  readonly skipLines?: number;
}

/** What the import of one file has done so far. */
interface Progress extends TracerouteImport {
  readonly file: string;
  /** Lines that were read, and those whose traceroutes the server has taken. */
  lines: number;
  imported: number;
}

/** Traceroutes that are sent together. */
const MOST_AT_ONCE = 500;
const NOTHING = { added: 0, known: 0, untimely: 0, otherGateway: 0, unusable: 0 };

/** `revtr admin atlas import`. */
export function addTracerouteImport(admin: Command, context: Context): void {
  const { output } = context;
  const atlas = admin.command('atlas').description('Add to the atlases of all sources');
  withConnection(addCommand(atlas, 'import', 'Add published traceroutes to hosts in the /24 of a source'))
    .argument(
      '<file...>',
      'result dumps of RIPE Atlas, or scamper JSON of M-Lab, plain or compressed with gzip or bzip2; "-" reads standard input',
    )
    .option('--skip-lines <n>', 'lines at the beginning of the first file that were imported before', readCount)
    .action(async (files: readonly string[], options: ImportOptions) => {
      const { fleet } = await context.connect(options);
      const subnets = await subnetsOf(fleet);
      const done: Progress[] = [];
      for (const [i, file] of files.entries()) {
        const progress: Progress = { file, lines: 0, imported: 0, ...NOTHING };
        done.push(progress);
        const skipLines = i === 0 ? (options.skipLines ?? 0) : 0;
        try {
          await importFile(progress, { fleet, subnets, skipLines });
        } catch (error) {
          output.note(`${file}: stopped; continue with --skip-lines ${Math.max(skipLines, progress.imported)}`);
          throw error;
        }
      }
      output.print(options, done, (shown) => shown.map(render).join(''));
    });
}

/** The /24 of every source that takes part. */
async function subnetsOf(fleet: FleetClient): Promise<ReadonlySet<number>> {
  const sources = (await fleet.agents()).filter(({ kind, state }) => kind === 'source' && state !== 'withdrawn');
  return new Set(sources.flatMap(({ address }) => subnetOf(address) ?? []));
}

function subnetOf(address: string): number | undefined {
  const parsed = tryParseIpv4(address);
  return parsed === undefined ? undefined : parsed >>> 8;
}

async function importFile(
  progress: Progress,
  {
    fleet,
    subnets,
    skipLines,
  }: { readonly fleet: FleetClient; readonly subnets: ReadonlySet<number>; readonly skipLines: number },
): Promise<void> {
  let waiting: PublishedTraceroute[] = [];
  const send = async (): Promise<void> => {
    if (waiting.length > 0) {
      const report = await fleet.importTraceroutes(waiting);
      for (const outcome of OUTCOMES) progress[outcome] += report[outcome];
    }
    waiting = [];
    progress.imported = progress.lines;
  };
  const wants = (target: number): boolean => subnets.has(target >>> 8);
  for await (const { number, traceroute } of readTraceroutes(await contentOf(progress.file), { wants, skipLines })) {
    progress.lines = number;
    if (traceroute !== undefined) {
      const { origin, target, at, hops } = traceroute;
      const texts = hops.map((hop) => (hop === undefined ? null : formatIpv4(hop)));
      waiting.push({ origin: formatIpv4(origin), target: formatIpv4(target), at, hops: texts });
    }
    if (waiting.length >= MOST_AT_ONCE) await send();
  }
  await send();
}

const OUTCOMES = [
  'added',
  'known',
  'untimely',
  'otherGateway',
  'unusable',
] as const satisfies (keyof TracerouteImport)[];

async function contentOf(file: string): Promise<AsyncIterable<Uint8Array>> {
  if (file === '-') return process.stdin;
  try {
    // An unreadable file is an error of the argument, not of the import.
    return (await open(file)).createReadStream();
  } catch (error) {
    throw unreadableFile(file, error);
  }
}

const render = ({ file, lines, added, known, untimely, otherGateway, unusable }: Progress): string =>
  `${file}: ${lines} lines; ${added} paths added, ${known} known, ${untimely} too old or of the future, ${otherGateway} of another gateway, ${unusable} unusable\n`;
