import { psql } from './psql.ts';

/** Lets PostgreSQL count in a table `endings`, outside of the controller, how often each measurement ends: how often its result is written. */
export async function countEndings(url: string): Promise<void> {
  await psql(
    url,
    `create table endings (id bigint not null);
     create function count_ending() returns trigger language plpgsql as $$
       begin
         insert into endings values (new.id);
         return new;
       end $$;
     create trigger count_endings after insert or update on results for each row execute function count_ending();`,
  );
}

/** The measurements that did not end exactly once, as `ID|ENDINGS`. */
export function wrongEndings(url: string): Promise<string[]> {
  return psql(
    url,
    `select m.id, count(e.id) from (select id from measurements union all select id from results) as m left join endings as e on e.id = m.id
     group by m.id having count(e.id) <> 1 order by m.id;`,
  );
}
