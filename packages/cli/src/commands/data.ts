import { openAsBlob } from 'node:fs';
import type { Dataset, FleetClient } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, addDefaultCommand, type Context } from '../context.ts';
import { withTable } from '../display.ts';
import { badArgument, unreadableFile } from '../errors.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { renderDatasets, renderImported } from '../render/datasets.ts';

interface ImportOptions extends ConnectionOptions {
  readonly sha256?: string;
  readonly mayShrink?: boolean;
}

/** `revtr data`. */
export function addData(program: Command, context: Context): void {
  const { output } = context;
  const data = program
    .command('data')
    .description('Manage datasets: prefix origins, AS names, IXPs, aliases, AS relationships, probes');

  withConnection(
    withTable(
      addDefaultCommand(
        data,
        'status',
        'Show the size, age and origin of each dataset, and why the last replacement failed',
      ),
    ),
  ).action(async (options: ConnectionOptions) => {
    const datasets = await (await context.connect(options)).fleet.datasets();
    output.print(options, datasets, (shown, screen) => renderDatasets(shown, Date.now(), screen));
  });

  withConnection(addCommand(data, 'import', 'Replace a dataset by a file (operators)'))
    .argument('<kind>', 'kind of the dataset, as in "revtr data status"')
    .argument('<file>', 'file, optionally compressed with gzip or bzip2')
    .option('--sha256 <hash>', 'refuse the file when its SHA-256 differs')
    .option('--may-shrink', 'accept a file with far fewer entries than the current one')
    .action(async (kind: string, file: string, options: ImportOptions) => {
      const { fleet } = await context.connect(options);
      const known = await find(fleet, kind);
      const { sha256, mayShrink } = options;
      const dataset = await fleet.importDataset(known.kind, await openFile(file), {
        ...(sha256 !== undefined && { sha256 }),
        ...(mayShrink !== undefined && { mayShrink }),
      });
      output.print(options, dataset, renderImported);
    });

  withConnection(addCommand(data, 'update', 'Download datasets from their configured addresses (operators)'))
    .argument('[kind]', 'kind of the dataset; default: every dataset that has an address')
    .action(async (kind: string | undefined, options: ConnectionOptions) => {
      const { fleet } = await context.connect(options);
      if (kind !== undefined) {
        const { kind: known } = await find(fleet, kind);
        output.print(options, [await fleet.updateDataset(known)], (updated) => updated.map(renderImported).join(''));
        return;
      }
      const updated: Dataset[] = [];
      const sources = (await fleet.datasets()).filter(({ hasSource }) => hasSource);
      if (sources.length === 0) output.note('no dataset has an address; REVTR_DATASET_SOURCES configures them');
      for (const { kind: known } of sources) {
        try {
          updated.push(await fleet.updateDataset(known));
        } catch (error) {
          // The other datasets must not fail because of one.
          output.note(`${known}: ${error instanceof Error ? error.message : String(error)}`);
          context.exitCode = exitCodeOf(error);
        }
      }
      output.print(options, updated, (shown) => shown.map(renderImported).join(''));
    });
}

async function openFile(path: string): Promise<Blob> {
  try {
    return await openAsBlob(path);
  } catch (error) {
    throw unreadableFile(path, error);
  }
}

async function find(fleet: FleetClient, kind: string): Promise<Dataset> {
  const all = await fleet.datasets();
  const found = all.find((dataset) => dataset.kind === kind);
  if (found !== undefined) return found;
  throw badArgument(
    'kind',
    kind,
    `is not a dataset; the datasets are ${all.map((dataset) => dataset.kind).join(', ')}`,
  );
}
