import fc from 'fast-check';
import { z } from 'zod';

/** A request to the API, as inputs of the target `api` are written. */
export const requestSchema = z.object({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']),
  path: z.string().max(2_000),
  query: z.record(z.string(), z.unknown()).default({}),
  body: z.unknown().optional(),
});
export type ApiRequest = z.infer<typeof requestSchema>;

/** The parts of JSON Schema (draft 2020-12) that the OpenAPI document uses. */
interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly enum?: readonly unknown[] | undefined;
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly oneOf?: readonly Schema[] | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: Schema | undefined;
  readonly minimum?: number | undefined;
  readonly maximum?: number | undefined;
  readonly maxItems?: number | undefined;
}
const schemaSchema: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    enum: z.array(z.unknown()).optional(),
    const: z.unknown().optional(),
    anyOf: z.array(schemaSchema).optional(),
    oneOf: z.array(schemaSchema).optional(),
    properties: z.record(z.string(), schemaSchema).optional(),
    required: z.array(z.string()).optional(),
    items: schemaSchema.optional(),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    maxItems: z.number().optional(),
  }),
);
const parameterSchema = z.object({ name: z.string(), in: z.string(), schema: schemaSchema });
const operationSchema = z.object({
  parameters: z.array(parameterSchema).default([]),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: schemaSchema.optional() })) }).optional(),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), schemaSchema).default({}) }),
});
type Operation = z.infer<typeof operationSchema>;

/** What values are made from. */
interface Material {
  /** Texts that mean something to the API. */
  readonly values: readonly string[];
  /** Schemas of the document by name. */
  readonly schemas: Readonly<Record<string, Schema>>;
}

/** Requests for every operation of an OpenAPI document, good and nearly good; `each` for one operation. The same in every run. */
export function requestsOf(document: unknown, values: readonly string[], each: number, seed: number): ApiRequest[] {
  const { paths, components } = documentSchema.parse(document);
  const material = { values, schemas: components.schemas };
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) =>
      fc.sample(requestOf(method.toUpperCase(), path, operation, material), { numRuns: each, seed }),
    ),
  );
}

function requestOf(
  method: string,
  path: string,
  { parameters, requestBody }: Operation,
  material: Material,
): fc.Arbitrary<ApiRequest> {
  const valuesIn = (place: string) =>
    fc.record(
      Object.fromEntries(
        parameters.filter((parameter) => parameter.in === place).map((p) => [p.name, arbitraryOf(p.schema, material)]),
      ),
    );
  const [content] = Object.values(requestBody?.content ?? {});
  return fc
    .record({ inPath: valuesIn('path'), query: valuesIn('query'), body: arbitraryOf(content?.schema ?? {}, material) })
    .map(({ inPath, query, body }) => ({
      method: requestSchema.shape.method.parse(method),
      path: path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(inPath[name]))),
      query,
      ...(requestBody !== undefined && { body }),
    }));
}

const MOST_ITEMS = 3;

function arbitraryOf(schema: Schema, material: Material): fc.Arbitrary<unknown> {
  const named = schema.$ref === undefined ? undefined : material.schemas[schema.$ref.split('/').at(-1) ?? ''];
  if (named !== undefined) return arbitraryOf(named, material);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined && choices.length > 0)
    return fc.oneof(...choices.map((choice) => arbitraryOf(choice, material)));
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined && schema.enum.length > 0) return fc.constantFrom(...schema.enum);
  const { type } = schema;
  if (typeof type === 'object') return fc.oneof(...type.map((one) => arbitraryOf({ ...schema, type: one }, material)));
  switch (type) {
    case 'object':
      return objectOf(schema, material);
    case 'array':
      return fc.array(arbitraryOf(schema.items ?? {}, material), {
        maxLength: Math.min(MOST_ITEMS, schema.maxItems ?? 3),
      });
    case 'integer':
    case 'number':
      return numberOf(schema);
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'string':
      return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...material.values) }, fc.string({ maxLength: 20 }));
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function objectOf({ properties = {}, required = [] }: Schema, material: Material): fc.Arbitrary<unknown> {
  const fields = Object.entries(properties).map(([name, property]) => {
    const value = arbitraryOf(property, material);
    return [name, required.includes(name) ? value : fc.option(value, { nil: undefined })];
  });
  return fc.record(Object.fromEntries(fields));
}

function numberOf({ minimum = 0, maximum = 1_000_000 }: Schema): fc.Arbitrary<number> {
  const [least, most] = [Math.max(minimum, -(2 ** 31)), Math.min(maximum, 2 ** 31)];
  return fc.oneof(fc.integer({ min: Math.ceil(least), max: Math.floor(most) }), fc.constantFrom(least, most));
}
