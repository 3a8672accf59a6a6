import { readFile } from 'node:fs/promises';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { generatedFiles, openApiDocument } from '../src/openapi/document.ts';
import { SCHEMA_FOLDER, schemaFiles } from '../src/openapi/result-schemas.ts';

const bodySchema = z.looseObject({
  content: z.record(z.string(), z.looseObject({ example: z.unknown().optional() })).optional(),
});
const operationSchema = z.looseObject({
  operationId: z.string(),
  tags: z.tuple([z.string()]),
  requestBody: bodySchema.optional(),
  responses: z.record(z.string(), bodySchema),
});
const documentSchema = z.looseObject({
  components: z.looseObject({
    responses: z.record(z.string(), z.looseObject({ headers: z.record(z.string(), z.unknown()).optional() })),
  }),
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
});

/** What the linter of Redocly finds with its recommended rules, and with examples checked against their schemas. */
async function problemsIn(document: object): Promise<readonly string[]> {
  const config = await createConfig({
    extends: ['recommended'],
    rules: {
      'no-invalid-media-type-examples': { severity: 'error', allowAdditionalProperties: false },
      'no-invalid-schema-examples': 'error',
      'no-unused-components': 'error',
      'operation-operationId': 'error',
      'operation-operationId-unique': 'error',
      'operation-singular-tag': 'error',
      'tag-description': 'error',
    },
  });
  const problems = await lintFromString({
    source: JSON.stringify(document),
    absoluteRef: '/openapi.json',
    config,
  });
  return problems.map(({ ruleId, location: [place] }) => `${ruleId} ${place?.pointer ?? ''}`);
}

describe('the OpenAPI document', () => {
  let document: object;
  beforeAll(async () => {
    document = await openApiDocument();
  });

  it('is the one from which the clients were generated (else: npm run generate)', async () => {
    for (const { file, text } of await generatedFiles(document)) expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('has no problem that the linter finds', async () => {
    expect(await problemsIn(document)).toEqual([]);
  });

  it('has a name for every operation, of the form verbNoun, and uses every tag', () => {
    const { paths, tags } = documentSchema.parse(document);
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    for (const { operationId } of operations) expect(operationId).toMatch(/^[a-z]+([A-Z][a-z]*[0-9]?)+$/);
    const used = new Set(operations.flatMap((operation) => operation.tags));
    expect([...used].sort()).toEqual(tags.map(({ name }) => name).sort());
  });

  it('has an example for every body in JSON', () => {
    const { paths } = documentSchema.parse(document);
    const missing = Object.values(paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ operationId, requestBody, responses }) => {
        const answers = Object.entries(responses).filter(([status]) => status.startsWith('2'));
        const bodies = [['request', requestBody] as const, ...answers];
        const isMissing = (body: z.infer<typeof bodySchema> | undefined): boolean => {
          const json = body?.content?.['application/json'];
          return json !== undefined && json.example === undefined;
        };
        return bodies.filter(([, body]) => isMissing(body)).map(([part]) => `${operationId} ${part}`);
      });
    expect(missing).toEqual([]);
  });

  it('says of every operation how it answers when a limit is used up', () => {
    const { paths, components } = documentSchema.parse(document);
    for (const { responses } of Object.values(paths).flatMap((methods) => Object.values(methods)))
      expect(responses[429]).toEqual({ $ref: '#/components/responses/TooManyRequests' });
    expect(Object.keys(components.responses.TooManyRequests?.headers ?? {})).toContain('Retry-After');
  });

  it('is judged by a linter that sees a wrong example and a missing name', async () => {
    const text = JSON.stringify(document);
    const wrong = text.replace('"technique":"recordRoute","type":5', '"technique":"guess","type":5');
    const unnamed = text.replace('"operationId":"listBatches",', '');
    expect(await problemsIn(JSON.parse(wrong))).toContainEqual(
      expect.stringMatching(/^no-invalid-media-type-examples /),
    );
    expect(await problemsIn(JSON.parse(unnamed))).toEqual([expect.stringMatching(/^operation-operationId /)]);
  });
});

it('the documented schemas of exported results are those of the exports (else: npm run generate)', async () => {
  for (const [name, text] of Object.entries(schemaFiles()))
    expect(await readFile(new URL(name, SCHEMA_FOLDER), 'utf8')).toBe(text);
});
