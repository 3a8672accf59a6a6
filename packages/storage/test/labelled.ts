import { type Database, MeasurementFinder, type MeasurementRow } from '../src/index.ts';

/** The measurements of a user with a label, oldest first. */
export async function labelled(
  db: Database['db'],
  userId: number,
  label: string,
  { limit = 1_000, after }: { readonly limit?: number; readonly after?: number } = {},
): Promise<readonly MeasurementRow[]> {
  const search = await new MeasurementFinder({ db }).begin({ userId, label }, { order: 'oldest', after });
  return search.read(limit);
}
