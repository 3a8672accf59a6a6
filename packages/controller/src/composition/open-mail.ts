import { Mails, OneTimeTokens, Users } from '@revtr/storage';
import type { OwnerNotices } from '../agents/owner-notices.ts';
import { LinkMails } from '../mail/link-mails.ts';
import type { MailText } from '../mail/messages.ts';
import { Outbox, type SendMail } from '../mail/outbox.ts';
import { OwnerMails } from '../mail/owner-mails.ts';
import type { Context } from './context.ts';
import type { Subsystem } from './subsystem.ts';

export interface MailSubsystem extends Subsystem {
  readonly mails: Mails;
  readonly tokens: OneTimeTokens;
  readonly outbox: Outbox;
  readonly links: LinkMails;
  readonly notices: OwnerNotices;
  /** Stores a mail for sending. */
  readonly send: (recipient: string, text: MailText) => Promise<void>;
}

/** Opens the outbox. Without `sendMail` mails wait until the operator reads them. */
export function openMail(
  { database, clock, random, log }: Context,
  options: { readonly publicUrl: string | undefined },
  sendMail: SendMail | undefined,
): MailSubsystem {
  const mails = new Mails(database.db);
  const tokens = new OneTimeTokens(database.db);
  const outbox = new Outbox({ mails, tokens, send: sendMail, clock, random: () => random.next(), log });
  const links = new LinkMails(options, { outbox, mails, tokens, clock });
  return {
    name: 'mail',
    mails,
    tokens,
    outbox,
    links,
    notices: new OwnerMails({ users: new Users(database.db), outbox, links }),
    send: (recipient, text) => outbox.add(recipient, text),
    start: () => outbox.start(),
    stop: () => outbox.stop(),
  };
}
