import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import type { Command } from 'commander';
import { badArgument, CliError, unreadableFile } from './errors.ts';
import type { OutputOptions } from './output.ts';
import type { Terminal } from './terminal.ts';

const DEFAULT_SERVER = 'http://127.0.0.1:8080';

/** The options of commands that talk to a server. */
export interface ConnectionOptions extends OutputOptions {
  readonly server?: string;
  readonly key?: string;
}

/** Adds the option `--server`. */
export function withServer(command: Command): Command {
  return command.option('--server <url>', `address of the server (REVTR_SERVER; default ${DEFAULT_SERVER})`);
}

/** Adds the options `--server` and `--key`. */
export function withConnection(command: Command): Command {
  return withServer(command).option('--key <key>', 'API key (REVTR_KEY, or the file ~/.config/revtr.apikey)');
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
 * A client with an API key. The key comes from `--key`, the variable `REVTR_KEY` or the file `~/.config/revtr.apikey`, in this order.
 * @throws {CliError} `noKey`, `badArgument`, or `unreadableFile` when the file exists but cannot be read
 */
export async function connect(options: ConnectionOptions, terminal: Terminal): Promise<ReverseTracerouteClient> {
  const { environment } = terminal;
  const file = join(environment.HOME ?? '.', '.config', 'revtr.apikey');
  const key = options.key ?? environment.REVTR_KEY ?? (await readKey(file, terminal));
  if (key === '')
    throw new CliError('noKey', `no API key: use --key, set REVTR_KEY, or write the key to ${file}`, { file });
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new CliError('badArgument', 'the API key has characters that no key has', { name: '--key', value: '' });
  return new ReverseTracerouteClient({ server: serverOf(options, terminal), key, retry: false });
}

/** A client without an API key, for the calls that need none. @throws {CliError} `badArgument` */
export function connectWithoutKey(options: ConnectionOptions, terminal: Terminal): ReverseTracerouteClient {
  return new ReverseTracerouteClient({ server: serverOf(options, terminal), key: '', retry: false });
}

async function readKey(file: string, terminal: Terminal): Promise<string> {
  try {
    return (await terminal.readFile(file)).trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw unreadableFile(file, error);
  }
}

function serverOf(options: ConnectionOptions, { environment }: Terminal): string {
  const given = options.server ?? environment.REVTR_SERVER ?? DEFAULT_SERVER;
  const server = given.includes('://') ? given : `http://${given}`;
  if (!/^https?:\/\//i.test(server) || !URL.canParse(server))
    throw badArgument('--server', given, 'is not the address of a server, for example http://127.0.0.1:8080');
  return server;
}
