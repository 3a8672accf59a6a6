import type { Generated, Selectable } from 'kysely';
import type { CreatedAt, WithDefault } from './columns.ts';

/** A mail that waits to be sent, or was sent. */
export interface MailTable {
  readonly id: Generated<number>;
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
  /** Part of the body that is replaced once the mail is sent, such as an API key. */
  readonly secret: string | null;
  readonly attempts: WithDefault<number>;
  readonly last_error: string | null;
  readonly created_at: CreatedAt;
  readonly next_attempt_at: WithDefault<Date>;
  readonly sent_at: Date | null;
}

export type Mail = Selectable<MailTable>;
