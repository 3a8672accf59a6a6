import { join } from 'node:path';
import { ReverseTracerouteClient } from '@revtr/client';
import type { Command } from 'commander';
import { CliError, EXIT } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

const DEFAULT_SERVER = 'http://127.0.0.1:8080';

/** Adds the options that say which server to talk to. */
export function withConnection(command: Command): Command {
  return command
    .option('--server <url>', `server to talk to (REVTR_SERVER; default ${DEFAULT_SERVER})`)
    .option('--key <key>', 'API key (REVTR_KEY, or the file ~/.config/revtr.apikey)');
}

/** The client that the options, the environment and the key file describe. @throws {CliError} when there is no key */
export async function connect(
  options: { readonly server?: string; readonly key?: string },
  terminal: Terminal,
): Promise<ReverseTracerouteClient> {
  const { environment } = terminal;
  const server = options.server ?? environment.REVTR_SERVER ?? DEFAULT_SERVER;
  if (!URL.canParse(server)) throw new CliError(EXIT.usage, `'${server}' is not the address of a server`);
  const file = join(environment.HOME ?? '.', '.config', 'revtr.apikey');
  const key = options.key ?? environment.REVTR_KEY ?? (await terminal.readFile(file).catch(() => '')).trim();
  if (key === '')
    throw new CliError(EXIT.unauthorized, `no API key: give --key, set REVTR_KEY, or write it to ${file}`);
  return new ReverseTracerouteClient({ server, key });
}
