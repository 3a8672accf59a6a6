import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * Changes of the opt-out list have numbers, so that a process can see in one row whether it knows the latest list. A trigger counts, so that
 * processes of the version before do so too.
 */
export const optOutChanges: Migration = {
  async up(db) {
    const statements = [
      'create table opt_out_changes (number bigint not null)',
      'insert into opt_out_changes (number) values (0)',
      `create function count_opt_out_changes() returns trigger language plpgsql as $$
       begin
         update opt_out_changes set number = number + 1;
         return null;
       end $$`,
      `create trigger count_opt_out_changes after insert or update or delete or truncate on opt_outs
       for each statement execute function count_opt_out_changes()`,
    ];
    for (const statement of statements) await sql.raw(statement).execute(db);
  },
};
