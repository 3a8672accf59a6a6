import type { NewApiKey, NewKeyRequest } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, connectWithoutKey, withConnection, withServer } from '../connection.ts';
import { addCommand, addDefaultCommand, type Context } from '../context.ts';
import { withTable } from '../display.ts';
import { renderKeys } from '../render/accounts.ts';
import { readAmount, readCount } from './arguments.ts';

interface CreateOptions extends ConnectionOptions {
  readonly scopes?: NewKeyRequest['scopes'];
  readonly days?: number;
}

interface RotateOptions extends ConnectionOptions {
  readonly graceHours: number;
}

const DAY_MS = 86_400_000;
const SCOPES = ['read', 'measure', 'host', 'operate'] as const;
const shown = ({ key }: NewApiKey): string => `${key}\n`;

/** `revtr keys` and `revtr redeem`. */
export function addKeys(program: Command, context: Context): void {
  const { output, terminal } = context;
  const keys = program.command('keys').description('Manage your API keys');

  withConnection(withTable(addDefaultCommand(keys, 'list', 'List your API keys'))).action(
    async (options: ConnectionOptions) => {
      output.print(options, await (await context.connect(options)).accounts.keys(), renderKeys);
    },
  );

  withConnection(addCommand(keys, 'create', 'Create an API key and print it, this once'))
    .argument('<name>', 'name, to tell your keys apart')
    .option('--scopes <scopes...>', `what it permits: ${SCOPES.join(', ')} (default: read measure host)`)
    .option('--days <number>', 'days after which it expires (default: never)', readAmount)
    .action(async (name: string, { scopes, days, ...options }: CreateOptions) => {
      const created = await (await context.connect(options)).accounts.createKey({
        name,
        ...(scopes !== undefined && { scopes }),
        ...(days !== undefined && { expiresAt: new Date(Date.now() + days * DAY_MS).toISOString() }),
      });
      output.print(options, created, shown);
    });

  withConnection(addCommand(keys, 'rotate', 'Replace an API key by a new one and print it, this once'))
    .argument('<id>', 'number of the key', readCount)
    .option('--grace-hours <number>', 'hours for which the old key still works', readAmount, 24)
    .action(async (id: number, options: RotateOptions) => {
      const rotated = await (await context.connect(options)).accounts.rotateKey(id, options.graceHours);
      output.print(options, rotated, shown);
    });

  withConnection(addCommand(keys, 'revoke', 'Revoke an API key: it stops working at once'))
    .argument('<id>', 'number of the key', readCount)
    .action(async (id: number, options: ConnectionOptions) => {
      const revoked = await (await context.connect(options)).accounts.revokeKey(id);
      output.print(options, revoked, (key) => `key ${key.id} (${key.name}) is revoked\n`);
    });

  withServer(addCommand(program, 'redeem', 'Use the token of a mailed link, and print your API key if it gives one'))
    .argument('[token]', 'token: the part of the link after # (default: asks for it, or reads standard input)')
    .action(async (given: string | undefined, options: ConnectionOptions) => {
      const token = given ?? (await terminal.readSecret?.('Token of the link: ')) ?? '';
      const redeemed = await (await connectWithoutKey(options, terminal)).accounts.redeem(token);
      output.print(options, redeemed, ({ key, applicationId }) =>
        key === undefined ? `application ${applicationId ?? ''} is confirmed\n` : `${key}\n`,
      );
    });
}
