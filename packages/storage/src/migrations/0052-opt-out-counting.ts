import { sql } from 'kysely';
import type { Migration } from 'kysely/migration';

/**
 * A process that counts a change of the opt-out list itself, at the end of its transaction, says so in `revtr.counts_opt_outs`. The trigger, which locks
 * the number from the first statement on, counts for processes of the version before and for people.
 */
export const optOutCounting: Migration = {
  async up(db) {
    await sql
      .raw(
        `create or replace function count_opt_out_changes() returns trigger language plpgsql as $$
         begin
           if current_setting('revtr.counts_opt_outs', true) is distinct from 'yes' then
             update opt_out_changes set number = number + 1;
           end if;
           return null;
         end $$`,
      )
      .execute(db);
  },
};
