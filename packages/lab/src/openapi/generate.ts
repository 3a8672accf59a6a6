import { writeFile } from 'node:fs/promises';
import { CLIENT_TYPES_FILE, clientTypes, openApiDocument } from './document.ts';

await writeFile(CLIENT_TYPES_FILE, await clientTypes(await openApiDocument()));
