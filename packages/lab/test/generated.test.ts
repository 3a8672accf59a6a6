import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CLIENT_TYPES_FILE, clientTypes, openApiDocument } from '../src/openapi/document.ts';
import { SCHEMA_FOLDER, schemaFiles } from '../src/openapi/result-schemas.ts';

it('the client is built on the OpenAPI document as it is (else: npm run generate)', async () => {
  expect(await readFile(CLIENT_TYPES_FILE, 'utf8')).toBe(await clientTypes(await openApiDocument()));
});

it('the documented schemas of exported results are those of the exports (else: npm run generate)', async () => {
  for (const [name, text] of Object.entries(schemaFiles()))
    expect(await readFile(new URL(name, SCHEMA_FOLDER), 'utf8')).toBe(text);
});
