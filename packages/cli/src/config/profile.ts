import type { Command } from 'commander';
import { badArgument } from '../errors.ts';
import type { Terminal } from '../terminal.ts';
import { type Config, isProfileName, type Profile, readConfig } from './config-file.ts';

/** The option that selects a profile. */
export interface ProfileOption {
  readonly profile?: string;
}

/** Adds the option `--profile`. */
export const withProfileOption = (command: Command): Command =>
  command.option('--profile <name>', 'profile of the configuration file (REVTR_PROFILE)');

const DEFAULT_PROFILE = 'default';

/** The name of the profile in use: from `--profile`, the variable `REVTR_PROFILE`, the configuration, or `default`. */
export function profileNameOf({ profile }: ProfileOption, { environment }: Terminal, config: Config): string {
  const name = profile ?? (environment.REVTR_PROFILE || undefined) ?? config.profile ?? DEFAULT_PROFILE;
  if (!isProfileName(name)) throw badArgument('--profile', name, 'is not the name of a profile');
  return name;
}

/**
 * The settings of the profile in use. They are the defaults of options and environment variables.
 * @throws {CliError} `badArgument` when a profile is named that does not exist, or the errors of {@link readConfig}
 */
export async function profileOf(options: ProfileOption, terminal: Terminal): Promise<Profile> {
  const config = await readConfig(terminal);
  const name = profileNameOf(options, terminal, config);
  const profile = config.profiles[name];
  if (profile !== undefined) return profile;
  if (name === DEFAULT_PROFILE) return {};
  throw badArgument('--profile', name, 'is not a profile; revtr config lists the profiles, and revtr login adds one');
}
