import type { AccountsClient, User, UserChange } from '@revtr/client';
import type { Command } from 'commander';
import { type ConnectionOptions, withConnection } from '../connection.ts';
import { addCommand, type Context } from '../context.ts';
import { withTable } from '../display.ts';
import { CliError } from '../errors.ts';
import { renderUsers } from '../render/accounts.ts';
import { readCount, readWeight } from './arguments.ts';

interface UsersOptions extends ConnectionOptions {
  readonly after?: number;
  readonly email?: string;
}

interface InviteOptions extends ConnectionOptions {
  readonly name: string;
  readonly operator?: boolean;
}

interface LimitsOptions extends ConnectionOptions {
  readonly perDay?: number;
  readonly perMinute?: number;
  readonly parallel?: number;
  readonly weight?: number;
}

/** `revtr admin users`, `invite`, `limits`, `promote`, `demote`, `disable`, `enable` and `key-link`. */
export function addUsers(admin: Command, context: Context): void {
  const { output } = context;
  const printUser = (options: ConnectionOptions, user: User): void =>
    output.print(options, user, (shown, screen) => renderUsers([shown], screen));

  withConnection(withTable(addCommand(admin, 'users', 'List users with their limits, at most 1,000')))
    .option('--after <id>', 'only users after this number', readCount)
    .option('--email <address>', 'only the user with this e-mail address')
    .action(async ({ after, email, ...options }: UsersOptions) => {
      const query = { ...(after !== undefined && { after }), ...(email !== undefined && { email }) };
      output.print(options, await (await context.connect(options)).accounts.users(query), renderUsers);
    });

  withConnection(addCommand(admin, 'invite', 'Create an account and mail its owner a link to an API key'))
    .argument('<email>', 'e-mail address of the user')
    .requiredOption('--name <name>', 'name of the user')
    .option('--operator', 'make the user an operator')
    .action(async (email: string, { name, operator, ...options }: InviteOptions) => {
      const role = operator === true ? 'operator' : 'user';
      printUser(options, await (await context.connect(options)).accounts.invite({ email, name, role }));
    });

  withConnection(addCommand(admin, 'limits', 'Change the limits or the weight of a user'))
    .argument('<user>', 'number or e-mail address of the user')
    .option('--per-day <number>', 'measurements per UTC day', readCount)
    .option('--per-minute <number>', 'measurements in any 60 seconds', readCount)
    .option('--parallel <number>', 'measurements that have not ended', readCount)
    .option('--weight <number>', 'share of the queue, in proportion to the weights of the others who wait', readWeight)
    .action(async (user: string, { perDay, perMinute, parallel, weight, ...options }: LimitsOptions) => {
      const { accounts } = await context.connect(options);
      const limits = {
        ...(perDay !== undefined && { perDay }),
        ...(perMinute !== undefined && { perMinute }),
        ...(parallel !== undefined && { parallel }),
      };
      const change = { limits, ...(weight !== undefined && { weight }) };
      printUser(options, await accounts.changeUser(await idOf(accounts, user), change));
    });

  const changes: readonly (readonly [name: string, description: string, change: UserChange])[] = [
    ['promote', 'Make a user an operator', { role: 'operator' }],
    ['demote', 'Make an operator a user', { role: 'user' }],
    ['disable', 'Disable a user: no API key or session of the user works', { disabled: true }],
    ['enable', 'Enable a user again', { disabled: false }],
  ];
  for (const [name, description, change] of changes)
    withConnection(addCommand(admin, name, description))
      .argument('<user>', 'number or e-mail address of the user')
      .action(async (user: string, options: ConnectionOptions) => {
        const { accounts } = await context.connect(options);
        printUser(options, await accounts.changeUser(await idOf(accounts, user), change));
      });

  withConnection(addCommand(admin, 'key-link', 'Mail a user a link to a new API key'))
    .argument('<user>', 'number or e-mail address of the user')
    .action(async (user: string, options: ConnectionOptions) => {
      const { accounts } = await context.connect(options);
      printUser(options, await accounts.mailKeyLink(await idOf(accounts, user)));
    });
}

async function idOf(accounts: AccountsClient, user: string): Promise<number> {
  if (/^\d{1,15}$/.test(user)) return Number(user);
  const [found] = await accounts.users({ email: user });
  if (found === undefined) throw new CliError('badArgument', `there is no user ${user}`, { name: 'user', value: user });
  return found.id;
}
