import { writeFile } from 'node:fs/promises';
import { generatedFiles, openApiDocument } from './document.ts';

for (const { file, text } of await generatedFiles(await openApiDocument())) await writeFile(file, text);
