import { bigQuerySchemas, schemaPage } from '@revtr/controller';

/** Folder of the documentation with the schemas of exported results. */
export const SCHEMA_FOLDER = new URL('../../../../docs/schemas/', import.meta.url);

/** The generated files in that folder, by name. */
export const schemaFiles = (): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(bigQuerySchemas()).map(([name, schema]) => [`${name}.json`, `${JSON.stringify(schema, null, 2)}\n`]),
  ),
  'README.md': schemaPage(),
});
