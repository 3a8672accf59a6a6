import { ReverseTracerouteClient } from '@revtr/client';
import type { Command } from 'commander';
import { keyPath, type Profile } from './config/config-file.ts';
import { type ProfileOption, profileOf, withProfileOption } from './config/profile.ts';
import { badArgument, CliError } from './errors.ts';
import type { OutputOptions } from './output.ts';
import { readText } from './read-text.ts';
import type { Terminal } from './terminal.ts';

/** The server of commands for which none is set. */
export const DEFAULT_SERVER = 'http://127.0.0.1:8080';

/** The options of commands that talk to a server. */
export interface ConnectionOptions extends OutputOptions, ProfileOption {
  readonly server?: string;
  readonly keyFile?: string;
}

/** Adds the options `--server` and `--profile`. */
export function withServer(command: Command): Command {
  return withProfileOption(
    command.option('--server <url>', `address of the server (REVTR_SERVER; default ${DEFAULT_SERVER})`),
  );
}

/** Adds the options `--server`, `--profile` and `--key-file`. */
export function withConnection(command: Command): Command {
  return withServer(command).option('--key-file <file>', 'file with the API key (or the key itself in REVTR_KEY)');
}

/** A client with the API key that {@link connect} finds, or without one. @throws {CliError} as {@link connect}, but not `noKey` */
export async function connectOptionally(
  options: ConnectionOptions,
  terminal: Terminal,
): Promise<ReverseTracerouteClient> {
  try {
    return await connect(options, terminal);
  } catch (error) {
    if (error instanceof CliError && error.code === 'noKey') return connectWithoutKey(options, terminal);
    throw error;
  }
}

/**
 * A client with an API key. The key comes from `--key-file`, the variable `REVTR_KEY`, the profile in use, or the file
 * `~/.config/revtr.apikey`, in this order.
 * @throws {CliError} `noKey`, `badArgument`, or `unreadableFile` or `unsafeFile` when a file exists but cannot be used
 */
export async function connect(options: ConnectionOptions, terminal: Terminal): Promise<ReverseTracerouteClient> {
  const profile = await profileOf(options, terminal);
  const server = serverOf(options, terminal, profile);
  const key = await keyOf(options, terminal, profile, server);
  if (key === '')
    throw new CliError('noKey', `no API key for ${server}: run revtr login, set REVTR_KEY, or use --key-file`, {
      server,
    });
  return new ReverseTracerouteClient({ server, key, retry: false });
}

/** A client without an API key, for the calls that need none. @throws {CliError} `badArgument`, and the errors of the configuration */
export async function connectWithoutKey(
  options: ConnectionOptions,
  terminal: Terminal,
): Promise<ReverseTracerouteClient> {
  return new ReverseTracerouteClient({
    server: serverOf(options, terminal, await profileOf(options, terminal)),
    key: '',
    retry: false,
  });
}

async function keyOf(
  { keyFile }: ConnectionOptions,
  terminal: Terminal,
  profile: Profile,
  server: string,
): Promise<string> {
  if (keyFile !== undefined) return readKey(keyFile, terminal);
  const { REVTR_KEY } = terminal.environment;
  if (REVTR_KEY !== undefined) return checkedKey(REVTR_KEY);
  if (profile.key !== undefined) {
    // The key of one server must not be shown to another one.
    return normalServer(profile.server ?? DEFAULT_SERVER) === server ? checkedKey(profile.key) : '';
  }
  return checkedKey((await terminal.privateFiles?.read(keyPath(terminal))) ?? '');
}

/** The key in a file. @throws {CliError} `unreadableFile` or `badArgument` */
export async function readKey(file: string, terminal: Terminal): Promise<string> {
  return checkedKey(await readText(file, terminal));
}

/** A key without white space around it. @throws {CliError} `badArgument` for characters that no key has */
export function checkedKey(text: string): string {
  const key = text.trim();
  if (/^[\x21-\x7e]*$/.test(key)) return key;
  throw new CliError('badArgument', 'the API key has characters that no key has', { name: 'key', value: '' });
}

/** The address of the server: from `--server`, the variable `REVTR_SERVER`, or the profile in use. @throws {CliError} `badArgument` */
function serverOf(options: ConnectionOptions, { environment }: Terminal, profile: Profile): string {
  return normalServer(options.server ?? environment.REVTR_SERVER ?? profile.server ?? DEFAULT_SERVER);
}

/** An address of a server with its scheme, and without a slash at its end. @throws {CliError} `badArgument` */
export function normalServer(given: string): string {
  const server = given.includes('://') ? given : `http://${given}`;
  if (!/^https?:\/\//i.test(server) || !URL.canParse(server))
    throw badArgument('--server', given, 'is not the address of a server, for example http://127.0.0.1:8080');
  return server.replace(/\/+$/, '');
}
