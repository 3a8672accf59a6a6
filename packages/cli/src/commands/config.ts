import type { Command } from 'commander';
import { z } from 'zod';
import {
  type Config,
  configPath,
  isProfileName,
  type Profile,
  profileSchema,
  readConfig,
  withProfile,
  writeConfig,
} from '../config/config-file.ts';
import { type ProfileOption, profileNameOf, withProfileOption } from '../config/profile.ts';
import { normalServer } from '../connection.ts';
import { addCommand, addDefaultCommand, type Context } from '../context.ts';
import { badArgument } from '../errors.ts';
import type { OutputOptions } from '../output.ts';
import { table } from '../render/layout/table.ts';
import type { Screen } from '../terminal.ts';

type Options = OutputOptions & ProfileOption;

/** A setting that `revtr config set` knows: all but the key, which would stay in the history of the shell. */
type Setting = Exclude<keyof Profile, 'key'>;
const SETTINGS: readonly Setting[] = ['server', 'source', 'names', 'wide', 'fields'];
const isSetting = (text: string): text is Setting => SETTINGS.some((setting) => setting === text);

/** The configuration without its keys. */
interface ShownConfig {
  readonly file: string;
  /** The profile in use. */
  readonly profile: string;
  readonly profiles: Readonly<Record<string, Omit<Profile, 'key'> & { readonly hasKey: boolean }>>;
}

/** `revtr config`. */
export function addConfig(program: Command, context: Context): void {
  const { output, terminal } = context;
  const config = program.command('config').description('Show or change the configuration file');

  withProfileOption(addDefaultCommand(config, 'show', 'Show the configuration, without keys')).action(
    async (options: Options) => {
      const read = await readConfig(terminal);
      output.print(options, shownOf(read, configPath(terminal), profileNameOf(options, terminal, read)), renderConfig);
    },
  );

  withProfileOption(addCommand(config, 'set', `Change a setting of a profile: ${SETTINGS.join(', ')}`))
    .argument('<setting>', 'name of the setting; "revtr login" sets the key')
    .argument('<value>', 'value: an address, true or false, or fields separated by commas')
    .action(async (name: string, value: string, options: Options) => {
      const setting = settingOf(name);
      await change(context, options, (profile) => ({ ...profile, ...parsed(setting, value) }));
    });

  withProfileOption(addCommand(config, 'unset', 'Remove a setting of a profile'))
    .argument('<setting>', 'name of the setting')
    .action(async (name: string, options: Options) => {
      const setting = settingOf(name);
      await change(context, options, ({ [setting]: _, ...others }) => others);
    });

  addCommand(config, 'use', 'Choose the profile that is used unless another one is named')
    .argument('<profile>', 'name of the profile')
    .action(async (name: string, options: OutputOptions) => {
      const read = await readConfig(terminal);
      if (!isProfileName(name) || read.profiles[name] === undefined)
        throw badArgument('profile', name, 'is not a profile');
      await writeConfig(terminal, { ...read, profile: name });
      output.print(options, { profile: name }, (used) => `the profile ${used.profile} is in use\n`);
    });
}

async function change(
  { output, terminal }: Context,
  options: Options,
  changed: (profile: Profile) => Profile,
): Promise<void> {
  const read = await readConfig(terminal);
  const name = profileNameOf(options, terminal, read);
  const written = withProfile(read, name, changed(read.profiles[name] ?? {}));
  await writeConfig(terminal, written);
  output.print(options, shownOf(written, configPath(terminal), name), renderConfig);
}

function settingOf(name: string): Setting {
  if (isSetting(name)) return name;
  if (name === 'key')
    throw badArgument('setting', name, 'is set by revtr login, which keeps it out of the command line');
  throw badArgument('setting', name, `is not a setting; the settings are ${SETTINGS.join(', ')}`);
}

/** A setting from its text. @throws {CliError} `badArgument` */
function parsed(setting: Setting, text: string): Profile {
  const values: Readonly<Record<Setting, () => unknown>> = {
    server: () => normalServer(text),
    source: () => text,
    names: () => booleanOf(text),
    wide: () => booleanOf(text),
    fields: () => text.split(',').map((part) => part.trim()),
  };
  const read = profileSchema.safeParse({ [setting]: values[setting]() });
  if (read.success) return read.data;
  const [{ message }] = read.error.issues;
  throw badArgument(setting, text, `cannot be the ${setting}: ${message}`);
}

const booleanOf = (text: string): unknown => z.stringbool().safeParse(text).data ?? text;

function shownOf({ profiles }: Config, file: string, profile: string): ShownConfig {
  const shown = Object.entries(profiles).map(([name, { key, ...settings }]) => {
    return [name, { ...settings, hasKey: key !== undefined }] as const;
  });
  return { file, profile, profiles: Object.fromEntries(shown) };
}

function renderConfig({ file, profile, profiles }: ShownConfig, screen: Screen): string {
  const rows = Object.entries(profiles).flatMap(([name, { hasKey, ...settings }]) => [
    ...Object.entries(settings).map(([setting, value]) => ({ name, setting, value: String(value) })),
    { name, setting: 'key', value: hasKey ? 'stored' : 'none' },
  ]);
  const head = `${file}, profile in use: ${profile}\n`;
  if (rows.length === 0) return `${head}no profile is stored; revtr login adds one\n`;
  const columns = [
    { head: 'PROFILE', cell: (row: (typeof rows)[number]) => row.name },
    { head: 'SETTING', cell: (row: (typeof rows)[number]) => row.setting },
    { head: 'VALUE', least: 12, cell: (row: (typeof rows)[number]) => row.value },
  ];
  return `${head}${table(columns, rows, screen)}`;
}
