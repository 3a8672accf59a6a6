import { buildWeb, WEB_DIRECTORY } from './build.ts';

const startedAt = performance.now();
const isNew = await buildWeb();
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
process.stdout.write(`${WEB_DIRECTORY}: ${isNew ? 'built' : 'up to date'} (${seconds} s)\n`);
