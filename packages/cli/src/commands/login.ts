import { type ApiKey, ClientError, ReverseTracerouteClient } from '@revtr/client';
import type { Command } from 'commander';
import { configPath, readConfig, withProfile, writeConfig } from '../config/config-file.ts';
import { profileNameOf } from '../config/profile.ts';
import { type ConnectionOptions, checkedKey, DEFAULT_SERVER, normalServer, withServer } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { badArgument, CliError } from '../errors.ts';

interface LogoutOptions extends ConnectionOptions {
  readonly revoke?: boolean;
}

const LOGIN_DETAILS = `
The command asks for an API key or a mailed link, without showing it, or reads
the first line of standard input:
  revtr login < key-file
It checks the key against the server, and stores server and key in the profile.
A mailed link works once.
`;

/** `revtr login` and `revtr logout`. */
export function addLogin(program: Command, context: Context): void {
  const { output, terminal } = context;
  withServer(
    addCommand(program, 'login', 'Store an API key, or the key that a mailed link gives, in the configuration'),
  )
    .addHelpText('after', LOGIN_DETAILS)
    .action(async (options: ConnectionOptions) => {
      const config = await readConfig(terminal);
      const name = profileNameOf(options, terminal, config);
      const secret = (await terminal.readSecret?.('API key or mailed link: ')) ?? '';
      if (secret === '')
        throw new CliError('badArgument', 'there is no API key on standard input', { name: 'key', value: '' });
      const link = linkOf(secret);
      const chosen = options.server ?? terminal.environment.REVTR_SERVER ?? link?.server;
      const server = normalServer(chosen ?? config.profiles[name]?.server ?? DEFAULT_SERVER);
      const key = await keyOf(secret, link, server);
      const { email } = await new ReverseTracerouteClient({ server, key }).accounts.account();
      await writeConfig(terminal, withProfile(config, name, { ...config.profiles[name], server, key }));
      output.print(
        options,
        { profile: name, server, email, file: configPath(terminal) },
        (stored) =>
          `logged in to ${stored.server} as ${stored.email}; the key is in the profile ${stored.profile} of ${stored.file}\n`,
      );
    });

  withServer(addCommand(program, 'logout', 'Remove the API key of a profile from the configuration'))
    .option('--revoke', 'revoke the key on the server first')
    .action(async (options: LogoutOptions) => {
      const config = await readConfig(terminal);
      const name = profileNameOf(options, terminal, config);
      const { key, ...rest } = config.profiles[name] ?? {};
      if (key === undefined) throw badArgument('--profile', name, 'has no API key');
      if (options.revoke === true) await revoke(normalServer(rest.server ?? DEFAULT_SERVER), key);
      await writeConfig(terminal, withProfile(config, name, rest));
      output.print(options, { profile: name }, (left) => `the profile ${left.profile} has no API key any more\n`);
    });
}

/** The server and the token of a mailed link, `http://server/path#token`. */
function linkOf(text: string): { readonly server: string; readonly token: string } | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const link = new URL(text);
  // The page of the link is beside the API, which may have a path.
  return link.hash.length > 1 ? { server: new URL('.', link).href, token: link.hash.slice(1) } : undefined;
}

/** The key that was given, or the one that a link or its token gives. */
async function keyOf(secret: string, link: ReturnType<typeof linkOf>, server: string): Promise<string> {
  if (link !== undefined) return redeemed(link.token, server);
  const key = checkedKey(secret);
  try {
    await new ReverseTracerouteClient({ server, key }).accounts.account();
    return key;
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'unauthorized') throw error;
    // It may be the token of a mailed link. If it is none, it is an unknown key.
    return redeemed(key, server).catch(() => {
      throw error;
    });
  }
}

async function redeemed(token: string, server: string): Promise<string> {
  const { key } = await new ReverseTracerouteClient({ server, key: '' }).accounts.redeem(token);
  if (key !== undefined) return key;
  const reason = 'the link gives no API key';
  throw new CliError('unreadableAnswer', reason, { reason });
}

async function revoke(server: string, key: string): Promise<void> {
  const { accounts } = new ReverseTracerouteClient({ server, key });
  const own = (await accounts.keys()).find(({ isCurrent }: ApiKey) => isCurrent);
  if (own !== undefined) await accounts.revokeKey(own.id);
}
