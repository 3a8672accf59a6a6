import { type Kysely, sql } from 'kysely';
import type { Schema } from '../schema/schema.ts';

const PREFIX = 'revtr-controller';

/**
 * The name that the sessions of one process of a controller have in PostgreSQL (`application_name`). `isAlone`: the process shares its database with no
 * other one. `id` tells processes apart.
 */
export const sessionNameOf = ({ isAlone, id }: { readonly isAlone: boolean; readonly id: string }): string =>
  `${PREFIX} ${isAlone ? 'alone' : 'member'} ${id}`;

/**
 * How many processes of controllers use the database, beside the one whose sessions have the name `own`: those that are `alone`, and the `members` of a
 * cluster. Processes that connect with a name of their own choice, or as another user, are not seen.
 */
export async function otherControllers(
  db: Kysely<Schema>,
  own = '',
): Promise<{ readonly alone: number; readonly members: number }> {
  const { rows } = await sql<{ name: string }>`
    select distinct application_name as name from pg_stat_activity
    where datname = current_database() and application_name like ${`${PREFIX} %`} and application_name <> ${own}`.execute(
    db,
  );
  const alone = rows.filter(({ name }) => name.startsWith(`${PREFIX} alone `)).length;
  return { alone, members: rows.length - alone };
}
