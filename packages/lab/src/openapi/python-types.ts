import { z } from 'zod';

/** A JSON schema as the OpenAPI document of the controller has it: the keywords that decide about types. */
export interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly pattern?: string | undefined;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly items?: Schema | undefined;
  readonly prefixItems?: readonly Schema[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly additionalProperties?: boolean | Schema | undefined;
}
export const schemaSchema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    enum: z.array(z.unknown()).optional(),
    pattern: z.string().optional(),
    const: z.unknown().optional(),
    anyOf: z.array(schemaSchema).optional(),
    oneOf: z.array(schemaSchema).optional(),
    allOf: z.array(schemaSchema).optional(),
    items: schemaSchema.optional(),
    prefixItems: z.array(schemaSchema).optional(),
    properties: z.record(z.string(), schemaSchema).optional(),
    required: z.array(z.string()).optional(),
    additionalProperties: z.union([z.boolean(), schemaSchema]).optional(),
  }),
);

const PLAIN: Readonly<Record<string, string>> = {
  string: 'str',
  integer: 'int',
  number: 'float',
  boolean: 'bool',
  null: 'None',
};

export const pascalCase = (name: string): string =>
  name.replaceAll(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, letter: string) => letter.toUpperCase());

const literal = (value: unknown): string =>
  value === true ? 'True' : value === false ? 'False' : value === null ? 'None' : JSON.stringify(value);

/** Python types for JSON schemas. Objects become classes of the kind `TypedDict`, which {@link source} returns. */
export class PythonTypes {
  readonly #classes = new Map<string, string>();

  /** The type of a schema. `name` names the class if it is an object. */
  of(schema: Schema, name: string): string {
    const { $ref, type, anyOf, oneOf, prefixItems, items, properties, additionalProperties } = schema;
    if ($ref !== undefined) return $ref.slice($ref.lastIndexOf('/') + 1);
    if (schema.const !== undefined) return `Literal[${literal(schema.const)}]`;
    if (schema.enum !== undefined) return `Literal[${schema.enum.map(literal).join(', ')}]`;
    const either = anyOf ?? oneOf;
    if (either !== undefined) return union(either.map((part, i) => this.of(part, i === 0 ? name : `${name}${i + 1}`)));
    if (typeof type === 'object') return union(type.map((one) => this.of({ ...schema, type: one }, name)));
    if (type === 'array') {
      if (prefixItems !== undefined)
        return `Tuple[${prefixItems.map((part, i) => this.of(part, `${name}${i + 1}`)).join(', ')}]`;
      return `List[${items === undefined ? 'object' : this.of(items, itemName(name))}]`;
    }
    if (properties !== undefined && Object.keys(properties).length > 0) return this.#classOf(schema, name);
    if (type === 'object') {
      const values =
        typeof additionalProperties === 'object' ? this.of(additionalProperties, `${name}Value`) : 'object';
      return `Dict[str, ${values}]`;
    }
    return PLAIN[type ?? ''] ?? 'object';
  }

  /** A named type, for a schema of the document. */
  define(name: string, schema: Schema): void {
    const type = this.of(schema, name);
    if (type !== name) this.#classes.set(name, `${name} = ${type}\n`);
  }

  /** All classes, in the order of their names. */
  source(): string {
    const isAlias = (text: string): boolean => /^\w+ = (?!TypedDict)/.test(text);
    const entries = [...this.#classes.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, text]) => text);
    // Python evaluates aliases where they stand: the classes must exist by then.
    return [...entries.filter((text) => !isAlias(text)), ...entries.filter(isAlias)].join('\n\n');
  }

  get names(): readonly string[] {
    return [...this.#classes.keys()].sort();
  }

  #classOf(schema: Schema, wanted: string): string {
    // A class of the same name means something else: the schema is inside a class that comes earlier.
    let name = wanted;
    for (let i = 2; this.#classes.has(name); i++) name = `${wanted}${i}`;
    this.#classes.set(name, '');
    const { properties = {}, required = [], description } = schema;
    const fields = Object.entries(properties).map(([field, of]) => ({
      ...{ field, description: of.description, type: this.of(of, `${name}${pascalCase(field)}`) },
      isRequired: required.includes(field),
    }));
    const [always, sometimes] = [fields.filter((f) => f.isRequired), fields.filter((f) => !f.isRequired)];
    const base = sometimes.length > 0 && always.length > 0 ? `_${name}Required` : undefined;
    const parts =
      base === undefined
        ? [typedDict(name, 'TypedDict', fields, always.length > 0, description)]
        : [typedDict(base, 'TypedDict', always, true, undefined), typedDict(name, base, sometimes, false, description)];
    this.#classes.set(name, parts.join('\n\n'));
    return name;
  }
}

interface Field {
  readonly field: string;
  readonly type: string;
  readonly description: string | undefined;
}

function typedDict(
  name: string,
  base: string,
  fields: readonly Field[],
  isTotal: boolean,
  description: string | undefined,
): string {
  const needsQuotes = fields.some(({ field }) => !/^[A-Za-z_]\w*$/.test(field) || KEYWORDS.has(field));
  if (needsQuotes) {
    if (base !== 'TypedDict') return typedDictInTwo(name, base, fields);
    const entries = fields.map(({ field, type }) => `    ${JSON.stringify(field)}: ${JSON.stringify(type)},\n`);
    return `${name} = TypedDict(\n    "${name}",\n    {\n${entries.map((entry) => `    ${entry}`).join('')}    },\n    total=${isTotal ? 'True' : 'False'},\n)\n`;
  }
  const lines = fields.map(({ field, type, description: text }) => {
    const comment = text === undefined ? '' : `    #: ${text.replaceAll(/\s+/g, ' ')}\n`;
    return `${comment}    ${field}: ${type}\n`;
  });
  const doc = description === undefined ? '' : `    """${docString(description)}"""\n\n`;
  return `class ${name}(${base}${isTotal ? '' : ', total=False'}):\n${doc}${lines.join('')}`;
}

/** A class whose optional fields are no names in Python has them in a base of its own. */
const typedDictInTwo = (name: string, base: string, fields: readonly Field[]): string =>
  `${typedDict(`_${name}Optional`, 'TypedDict', fields, false, undefined)}\n\nclass ${name}(${base}, _${name}Optional):\n    pass\n`;

/** Words that are no names in Python. */
export const KEYWORDS: ReadonlySet<string> = new Set(
  (
    'False None True and as assert async await break class continue def del elif else except finally for from global if import in is ' +
    'lambda nonlocal not or pass raise return try while with yield'
  ).split(' '),
);

export const docString = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"""', "'''").trim();

/** `Result` for the elements of `Results`. */
function itemName(name: string): string {
  if (/(?:ch|sh|x|ss)es$/.test(name)) return name.slice(0, -2);
  return /[^s]s$/.test(name) ? name.slice(0, -1) : `${name}Item`;
}

function union(types: readonly string[]): string {
  const unique = [...new Set(types)];
  const [first] = unique;
  if (unique.length === 1) return first;
  const others = unique.filter((type) => type !== 'None');
  const all = others.length === 1 ? others[0] : `Union[${others.join(', ')}]`;
  return others.length < unique.length ? `Optional[${all}]` : all;
}
