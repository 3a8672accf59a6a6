import { Accounts, ApiKeys, Sessions, Users } from '@revtr/storage';
import { AccountService } from '../accounts/account-service.ts';
import type { SourceApplications } from '../agents/source-applications.ts';
import type { UserLimits } from '../agents/user-limits.ts';
import { Authenticator } from '../api/http/authenticate.ts';
import { Visitors } from '../api/http/visitors.ts';
import type { RecipientLimit } from '../foundation/recipient-limit.ts';
import type { Context } from './context.ts';
import type { MailSubsystem } from './open-mail.ts';

/** Users, their credentials, and who they are by them. */
export interface AccountParts {
  readonly users: Users;
  readonly keys: ApiKeys;
  readonly sessions: Sessions;
  readonly accounts: Accounts;
  readonly accountService: AccountService;
  readonly authenticator: Authenticator;
  readonly visitors: Visitors;
}

/** Opens the accounts of users. */
export async function openAccounts(
  { database, cold, clock }: Context,
  options: {
    readonly publicUrl: string | undefined;
    readonly newUserLimits: UserLimits;
    readonly selfRegistration?: boolean | undefined;
    readonly visitorMeasurementsPerDay?: number | undefined;
  },
  collaborators: {
    readonly mail: MailSubsystem;
    readonly applications: SourceApplications;
    readonly recipients: RecipientLimit;
  },
): Promise<AccountParts> {
  const users = new Users(database.db);
  const keys = new ApiKeys(database.db);
  const sessions = new Sessions(database.db);
  const { mail, applications, recipients } = collaborators;
  const { tokens, links, outbox } = mail;
  const accountService = new AccountService(
    { limits: options.newUserLimits, selfRegistration: options.selfRegistration ?? false },
    { users, tokens, links, outbox, recipients, applications, clock },
  );
  const authenticator = new Authenticator({ publicUrl: options.publicUrl }, { keys, sessions, clock });
  const visitors = await Visitors.open(
    { measurementsPerDay: options.visitorMeasurementsPerDay ?? 0, publicUrl: options.publicUrl },
    { users, clock },
  );
  return {
    users,
    keys,
    sessions,
    accounts: new Accounts(database.db, cold.store),
    accountService,
    authenticator,
    visitors,
  };
}
