import { join } from 'node:path';
import { z } from 'zod';
import { unusableFile } from '../errors.ts';
import { FIELDS } from '../render/measurement/fields.ts';
import type { Terminal } from '../terminal.ts';

/** The settings of one profile. All are optional. */
export const profileSchema = z.strictObject({
  /** Address of the server. */
  server: z.string().min(1).optional(),
  /** API key, which is sent to this server only. */
  key: z.string().min(1).optional(),
  /** Source of measurements that name none. */
  source: z.string().min(1).optional(),
  /** Whether names of hosts and networks are printed. */
  names: z.boolean().optional(),
  /** Whether lines are printed at full length on narrow screens. */
  wide: z.boolean().optional(),
  /** Fields of hops to print. */
  fields: z.array(z.enum(FIELDS)).min(1).optional(),
});
/** The settings of one profile. */
export type Profile = z.infer<typeof profileSchema>;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const configSchema = z.strictObject({
  /** The profile in use unless another one is named. */
  profile: z.string().regex(NAME).optional(),
  profiles: z.record(z.string().regex(NAME), profileSchema).default({}),
});
/** The contents of the configuration file. */
export type Config = z.infer<typeof configSchema>;

/** Whether a text can be the name of a profile: letters, digits, `.`, `_` and `-`, at most 64. */
export const isProfileName = (text: string): boolean => NAME.test(text);

/** The directory of configuration files (XDG Base Directory Specification): `$XDG_CONFIG_HOME`, or `~/.config`. */
function configHome({ environment: { XDG_CONFIG_HOME = '', HOME = '.' } }: Terminal): string {
  // A relative path must be ignored, says the specification.
  return XDG_CONFIG_HOME.startsWith('/') ? XDG_CONFIG_HOME : join(HOME, '.config');
}

/** The path of the configuration file. */
export const configPath = (terminal: Terminal): string => join(configHome(terminal), 'revtr', 'config.json');

/** The path of a file that has an API key and nothing else. */
export const keyPath = ({ environment: { HOME = '.' } }: Terminal): string => join(HOME, '.config', 'revtr.apikey');

/**
 * The configuration of the user; empty when there is no file.
 * @throws {CliError} `unsafeFile` when others may read the file, `unreadableFile` when it does not have the form of a configuration
 */
export async function readConfig(terminal: Terminal): Promise<Config> {
  const path = configPath(terminal);
  const text = await terminal.privateFiles?.read(path);
  if (text === undefined) return { profiles: {} };
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw unusableFile(path, error instanceof Error ? error.message : 'it is not JSON');
  }
  const read = configSchema.safeParse(json);
  if (read.success) return read.data;
  const [{ path: place, message }] = read.error.issues;
  throw unusableFile(path, `${place.join('.')}${place.length > 0 ? ': ' : ''}${message}`);
}

/** The configuration with other settings in one profile, which is added if there is none of this name. */
export const withProfile = (config: Config, name: string, profile: Profile): Config => ({
  ...config,
  profiles: { ...config.profiles, [name]: profile },
});

/** Replaces the configuration of the user. @throws {CliError} `unwritableFile` */
export async function writeConfig(terminal: Terminal, config: Config): Promise<void> {
  await terminal.privateFiles?.write(configPath(terminal), `${JSON.stringify(config, null, 2)}\n`);
}
