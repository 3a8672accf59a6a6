import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import type { Command } from 'commander';
import { CliError, EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const DEFAULT_SERVER = 'http://127.0.0.1:8080';

/** Which server to talk to, and as whom. */
export interface ConnectionOptions {
  readonly server?: string;
  readonly key?: string;
}

/** Adds the option that says which server to talk to. */
export function withServer(command: Command): Command {
  return command.option('--server <url>', `server to talk to (REVTR_SERVER; default ${DEFAULT_SERVER})`);
}

/** Adds the options that say which server to talk to, and as whom. */
export function withConnection(command: Command): Command {
  return withServer(command).option('--key <key>', 'API key (REVTR_KEY, or the file ~/.config/revtr.apikey)');
}

/** The client that the options, the environment and the key file describe. @throws {CliError} when there is no key */
export async function connect(options: ConnectionOptions, terminal: Terminal): Promise<ReverseTracerouteClient> {
  const { environment } = terminal;
  const file = join(environment.HOME ?? '.', '.config', 'revtr.apikey');
  const key = options.key ?? environment.REVTR_KEY ?? (await terminal.readFile(file).catch(() => '')).trim();
  if (key === '')
    throw new CliError(EXIT.unauthorized, `no API key: give --key, set REVTR_KEY, or write it to ${file}`);
  return new ReverseTracerouteClient({ server: serverOf(options, terminal), key });
}

/** A client for what needs no key. */
export function connectWithoutKey(options: ConnectionOptions, terminal: Terminal): ReverseTracerouteClient {
  return new ReverseTracerouteClient({ server: serverOf(options, terminal), key: '' });
}

function serverOf(options: ConnectionOptions, { environment }: Terminal): string {
  const server = options.server ?? environment.REVTR_SERVER ?? DEFAULT_SERVER;
  if (!URL.canParse(server)) throw new CliError(EXIT.usage, `'${server}' is not the address of a server`);
  return server;
}
