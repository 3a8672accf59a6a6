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
 * cluster. A session that has done nothing for half a minute is not counted, if this user may know that: a process that lives looks at the clock of the
 * database every ten seconds, and a connection pooler keeps the sessions of one that has ended. Processes whose sessions have another name are not seen.
 */
export async function otherControllers(
  db: Kysely<Schema>,
  own = '',
): Promise<{ readonly alone: number; readonly members: number }> {
  const { rows } = await sql<{ name: string }>`
    select distinct application_name as name from pg_stat_activity
    where datname = current_database() and application_name like ${`${PREFIX} %`} and application_name <> ${own}
      and (state is null or state <> 'idle' or state_change > clock_timestamp() - interval '30 seconds')`.execute(db);
  const alone = rows.filter(({ name }) => name.startsWith(`${PREFIX} alone `)).length;
  return { alone, members: rows.length - alone };
}
