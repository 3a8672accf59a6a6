import type { Generated, Selectable } from 'kysely';
import type { CreatedAt, WithDefault } from './columns.ts';

/** A mail that waits to be sent, or was sent. */
export interface MailTable {
  readonly id: Generated<number>;
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
  /** The token that replaces `{token}` in the body whenever the mail is sent; null for a mail without a link. */
  readonly token_id: number | null;
  readonly attempts: WithDefault<number>;
  readonly last_error: string | null;
  readonly created_at: CreatedAt;
  readonly next_attempt_at: WithDefault<Date>;
  readonly sent_at: Date | null;
}

/** A mail as stored. */
export type Mail = Selectable<MailTable>;
