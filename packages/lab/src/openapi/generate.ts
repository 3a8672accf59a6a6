import { mkdir, writeFile } from 'node:fs/promises';
import { CLIENT_TYPES_FILE, clientTypes, openApiDocument } from './document.ts';
import { SCHEMA_FOLDER, schemaFiles } from './result-schemas.ts';

await writeFile(CLIENT_TYPES_FILE, await clientTypes(await openApiDocument()));
await mkdir(SCHEMA_FOLDER, { recursive: true });
for (const [name, text] of Object.entries(schemaFiles())) await writeFile(new URL(name, SCHEMA_FOLDER), text);
