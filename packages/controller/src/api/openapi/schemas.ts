import type { ApiDocument } from './parts.ts';

const PREFIX = '#/components/schemas/';
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The name of a schema that refers to a named one, as it is called in answers. */
export function nameOfSchema(schema: unknown): string | undefined {
  const [name] = directNamesIn(isObject(schema) ? { $ref: schema.$ref } : undefined);
  return name?.replace(/Input$/, '');
}

/** The names of the schemas to which a value refers, directly or through other schemas. */
function namesIn(value: unknown, schemas: ApiDocument['components']['schemas'], found: Set<string>): Set<string> {
  for (const name of directNamesIn(value)) {
    if (found.has(name)) continue;
    found.add(name);
    namesIn(schemas[name], schemas, found);
  }
  return found;
}

function directNamesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(directNamesIn);
  if (!isObject(value)) return [];
  const { $ref } = value;
  const own = typeof $ref === 'string' && $ref.startsWith(PREFIX) ? [$ref.slice(PREFIX.length)] : [];
  return [...own, ...Object.values(value).flatMap(directNamesIn)];
}

/**
 * Leaves out the schemas that nothing refers to. The framework writes each schema twice, as it is in requests (`NameInput`) and in answers
 * (`Name`). Where one of them is used, it is called `Name`.
 */
export function withUsedSchemas(document: ApiDocument): ApiDocument {
  const { schemas } = document.components;
  const used = namesIn(document.paths, schemas, new Set(directNamesIn(document.components.responses)));
  const shortNames = new Map(
    [...used].map((name) => {
      const short = name.replace(/Input$/, '');
      return [name, used.has(short) ? name : short];
    }),
  );
  const renamed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renamed);
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, part]) => {
        if (key === '$ref' && typeof part === 'string' && part.startsWith(PREFIX))
          return [[key, `${PREFIX}${shortNames.get(part.slice(PREFIX.length))}`]];
        // The largest integers of JavaScript say nothing about the API.
        if ((key === 'minimum' || key === 'maximum') && Math.abs(Number(part)) === Number.MAX_SAFE_INTEGER) return [];
        return [[key, renamed(part)]];
      }),
    );
  };
  const kept = [...shortNames]
    .sort(([, a], [, b]) => (a < b ? -1 : 1))
    .map(([name, short]) => [short, renamed(schemas[name])]);
  return {
    ...document,
    paths: Object(renamed(document.paths)),
    components: { ...document.components, schemas: Object.fromEntries(kept) },
  };
}
