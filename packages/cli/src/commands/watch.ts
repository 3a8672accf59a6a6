import type { NewWatch, Watch, WatchUpdate } from '@revtr/client';
import { type Command, Option } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, addDefaultCommand, type Context } from '../context.ts';
import { withTable } from '../display.ts';
import { EXIT } from '../exit-codes.ts';
import { renderDelivery, renderHistory, renderWatch, renderWatches } from '../render/watches.ts';
import { readCount, readSeconds } from './arguments.ts';
import { requiredSource, type SourceOption } from './source.ts';

type Kind = Watch['alerts']['on'][number];

interface ChangeOptions extends ConnectionOptions {
  readonly every?: number;
  readonly name?: string;
  readonly on?: readonly Kind[];
  readonly mail?: boolean;
  /** False with `--no-webhook`. */
  readonly webhook?: string | false;
}

type AddOptions = ChangeOptions & SourceOption;

const KINDS: readonly Kind[] = ['path', 'asPath', 'reach', 'rtt'];
const SHOWN_CHANGES = 5;

/** `revtr watch`. */
export function addWatch(program: Command, context: Context): void {
  const watch = program
    .command('watch')
    .description('Measure a pair again and again, and tell you when the path changes');
  addList(watch, context);
  addAdd(watch, context);
  addShow(watch, context);
  addChange(watch, context);
  addState(watch, context, 'pause', 'Pause a watch', { isPaused: true });
  addState(watch, context, 'resume', 'Resume a watch with your API key; it measures at once', { isPaused: false });
  addRemove(watch, context);
  addTest(watch, context);
}

function addList(watch: Command, context: Context): void {
  const list = addDefaultCommand(watch, 'list', 'List your watches');
  withConnection(withTable(list)).action(async (options: ConnectionOptions) => {
    context.output.print(options, await (await context.connect(options)).watches.list(), renderWatches);
  });
}

function addAdd(watch: Command, context: Context): void {
  withAlerts(withConnection(addCommand(watch, 'add', 'Create a watch, and print the secret of its webhook, this once')))
    .argument('<destination>', 'address or host name whose path back to the source is watched')
    .option('--to <source>', 'address of the source (default: the source of the profile)')
    .option('--every <time>', 'time between two runs, from 1m to 1d (default: 15m)', readSeconds)
    .option('--name <name>', 'name of the watch (default: the destination)')
    .option('--mail', 'send you mails about changes')
    .option('--webhook <url>', 'send signed messages about changes to this URL')
    .action(async (destination: string, options: AddOptions) => {
      const source = await requiredSource(options, context.terminal);
      const request: NewWatch = { source, destination, ...settingsOf(options) };
      context.output.print(options, await (await context.connect(options)).watches.create(request), renderWatch);
    });
}

function addShow(watch: Command, context: Context): void {
  withConnection(addCommand(watch, 'show', 'Show a watch with its runs, changes and alerts'))
    .argument('<id>', 'number of the watch', readCount)
    .option('--runs <number>', 'runs to show', readCount, 60)
    .action(async (id: number, options: ConnectionOptions & { readonly runs: number }) => {
      const { watches } = await context.connect(options);
      const [shown, runs, changes, alerts] = await Promise.all([
        watches.get(id),
        watches.runs(id, { limit: options.runs }),
        watches.changes(id, { limit: SHOWN_CHANGES }),
        watches.alerts(id, { limit: SHOWN_CHANGES }),
      ]);
      context.output.print(options, { watch: shown, runs, changes, alerts }, renderHistory);
    });
}

function addChange(watch: Command, context: Context): void {
  withAlerts(withConnection(addCommand(watch, 'change', 'Change a watch')))
    .argument('<id>', 'number of the watch', readCount)
    .option('--every <time>', 'time between two runs, from 1m to 1d', readSeconds)
    .option('--name <name>', 'name of the watch')
    .option('--mail', 'send you mails about changes')
    .option('--no-mail', 'send no mails')
    .option('--webhook <url>', 'send signed messages about changes to this URL; it gets a new secret')
    .option('--no-webhook', 'send no messages to a webhook')
    .action(async (id: number, options: ChangeOptions) => {
      const changed = await (await context.connect(options)).watches.change(id, settingsOf(options));
      context.output.print(options, changed, renderWatch);
    });
}

function addState(watch: Command, context: Context, name: string, description: string, change: WatchUpdate): void {
  withConnection(addCommand(watch, name, description))
    .argument('<id>', 'number of the watch', readCount)
    .action(async (id: number, options: ConnectionOptions) => {
      context.output.print(options, await (await context.connect(options)).watches.change(id, change), renderWatch);
    });
}

function addRemove(watch: Command, context: Context): void {
  withConnection(addCommand(watch, 'remove', 'Delete a watch with its history'))
    .argument('<id>', 'number of the watch', readCount)
    .action(async (id: number, options: ConnectionOptions) => {
      const removed = await (await context.connect(options)).watches.delete(id);
      context.output.print(options, removed, ({ name }) => `watch ${id} (${name}) is deleted\n`);
    });
}

function addTest(watch: Command, context: Context): void {
  withConnection(addCommand(watch, 'test', 'Send a test message to the webhook of a watch'))
    .argument('<id>', 'number of the watch', readCount)
    .action(async (id: number, options: ConnectionOptions) => {
      const delivery = await (await context.connect(options)).watches.test(id);
      context.output.print(options, delivery, renderDelivery);
      context.exitCode = delivery.delivered ? EXIT.ok : EXIT.incomplete;
    });
}

const withAlerts = (command: Command): Command =>
  command.addOption(
    new Option('--on <kinds...>', 'kinds of changes that you are told of (default: all)').choices([...KINDS]),
  );

const settingsOf = ({ every, name, on, mail, webhook }: ChangeOptions): Omit<WatchUpdate, 'isPaused'> => ({
  ...(every !== undefined && { intervalSeconds: every }),
  ...(name !== undefined && { name }),
  alerts: {
    ...(on !== undefined && { on: [...on] }),
    ...(mail !== undefined && { mail }),
    ...(webhook !== undefined && { webhook: webhook === false ? null : webhook }),
  },
});
