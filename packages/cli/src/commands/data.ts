import { openAsBlob } from 'node:fs';
import type { Dataset } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, connect, withConnection } from '../connection.ts';
import { CliError, EXIT, type ExitCode } from '../exit-codes.ts';
import { renderDatasets } from '../render/datasets.ts';
import type { Terminal } from '../terminal.ts';

interface ImportOptions extends ConnectionOptions {
  readonly sha256?: string;
  readonly mayShrink?: boolean;
}

/** `revtr data`: who announces what, names, exchanges, aliases, relations, probes. */
export function addData(program: Command, terminal: Terminal, exit: (code: ExitCode) => void): void {
  const data = program
    .command('data')
    .description('datasets: who announces what, names, exchanges, aliases, relations, probes');

  withConnection(data.command('status', { isDefault: true }))
    .description('show each dataset: how large and old it is, where it came from, why it could not be replaced')
    .option('--json', 'print it as JSON')
    .action(async (options: ConnectionOptions & { readonly json?: boolean }) => {
      const datasets = await (await connect(options, terminal)).fleet.datasets();
      terminal.out(
        options.json === true ? `${JSON.stringify(datasets, null, 2)}\n` : renderDatasets(datasets, Date.now()),
      );
    });

  withConnection(data.command('import'))
    .description('put a file in place of a dataset, without a restart (operators)')
    .argument('<kind>', 'as revtr data status names it')
    .argument('<file>', 'packed by gzip or bzip2, or not')
    .option('--sha256 <hash>', 'refuse a file that does not have this SHA-256')
    .option('--may-shrink', 'accept a file with far fewer entries than the one in use')
    .action(async (kind: string, file: string, options: ImportOptions) => {
      const { fleet } = await connect(options, terminal);
      const known = await find(fleet, kind);
      const { sha256, mayShrink } = options;
      const blob = await openFile(file);
      const { current } = await fleet.importDataset(known.kind, blob, {
        ...(sha256 !== undefined && { sha256 }),
        ...(mayShrink !== undefined && { mayShrink }),
      });
      terminal.out(`${kind}: ${current?.entries} entries in use\n`);
    });

  withConnection(data.command('update'))
    .description('fetch a dataset now, or all that have an address (operators)')
    .argument('[kind]')
    .action(async (kind: string | undefined, options: ConnectionOptions) => {
      const { fleet } = await connect(options, terminal);
      const wanted =
        kind === undefined ? (await fleet.datasets()).filter(({ hasSource }) => hasSource) : [await find(fleet, kind)];
      if (wanted.length === 0) terminal.out('no dataset has an address: see REVTR_DATASET_SOURCES\n');
      for (const { kind: name } of wanted) {
        try {
          const { current } = await fleet.updateDataset(name);
          terminal.out(`${name}: ${current?.entries} entries in use\n`);
        } catch (error) {
          if (kind !== undefined) throw error;
          // One that cannot be fetched must not keep the others back.
          terminal.err(`${name}: ${error instanceof Error ? error.message : String(error)}\n`);
          exit(EXIT.unavailable);
        }
      }
    });
}

async function openFile(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (error) {
    throw new CliError(EXIT.usage, `cannot read ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function find(fleet: { datasets(): Promise<readonly Dataset[]> }, kind: string): Promise<Dataset> {
  const all = await fleet.datasets();
  const found = all.find((dataset) => dataset.kind === kind);
  if (found !== undefined) return found;
  throw new CliError(
    EXIT.usage,
    `there is no dataset '${kind}'; there are ${all.map((dataset) => dataset.kind).join(', ')}`,
  );
}
