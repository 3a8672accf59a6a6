import { z } from 'zod/mini';

const parameterSchema = z.object({
  name: z.string(),
  in: z.enum(['path', 'query', 'header', 'cookie']),
  required: z.optional(z.boolean()),
  description: z.optional(z.string()),
});
const operationSchema = z.object({
  summary: z.optional(z.string()),
  description: z.optional(z.string()),
  tags: z.optional(z.array(z.string())),
  parameters: z.optional(z.array(parameterSchema)),
  requestBody: z.optional(z.unknown()),
  security: z.optional(z.array(z.unknown())),
});
const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

/** An operation of the API. */
export interface Operation extends z.infer<typeof operationSchema> {
  readonly method: string;
  readonly path: string;
}

/** The operations of the API by tag, from the OpenAPI document of the server. */
export async function loadOperations(): Promise<ReadonlyMap<string, readonly Operation[]>> {
  const answer = await fetch('/openapi.json');
  const { paths } = documentSchema.parse(await answer.json());
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method: method.toUpperCase(), path })),
  );
  return Map.groupBy(operations, ({ tags }) => tags?.[0] ?? 'other');
}
