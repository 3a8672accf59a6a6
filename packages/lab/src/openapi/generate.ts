import { mkdir, writeFile } from 'node:fs/promises';
import { generatedFiles, openApiDocument } from './document.ts';
import { SCHEMA_FOLDER, schemaFiles } from './result-schemas.ts';

for (const { file, text } of await generatedFiles(await openApiDocument())) await writeFile(file, text);
await mkdir(SCHEMA_FOLDER, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) await writeFile(new URL(name, SCHEMA_FOLDER), text);
