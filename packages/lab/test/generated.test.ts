import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CLIENT_TYPES_FILE, clientTypes, openApiDocument } from '../src/openapi/document.ts';

it('the client is built on the OpenAPI document as it is (else: npm run generate)', async () => {
  expect(await readFile(CLIENT_TYPES_FILE, 'utf8')).toBe(await clientTypes(await openApiDocument()));
});
