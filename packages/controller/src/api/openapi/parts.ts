import { z } from 'zod';

const contentSchema = z.record(z.string(), z.looseObject({ schema: z.unknown() }));
export type Content = z.infer<typeof contentSchema>;

/** The parts of an operation in an OpenAPI document that this folder reads or changes. */
const operationSchema = z.looseObject({
  operationId: z.string().optional(),
  summary: z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))).optional(),
  requestBody: z.looseObject({ content: contentSchema }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: contentSchema.optional() })),
});
export type Operation = z.infer<typeof operationSchema>;

/** The parts of an OpenAPI document that this folder reads or changes. */
export const documentSchema = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});
export type ApiDocument = z.infer<typeof documentSchema>;
