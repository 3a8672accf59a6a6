import { markdownTable, renderTable } from '../../statistics/table.ts';
import type { Table } from './tables.ts';

/** Renders tables for a terminal. */
export const renderText = (tables: readonly Table[]): string =>
  tables.map(({ title, rows }) => `${title}\n\n${renderTable(rows)}`).join('\n');

/** Renders tables as Markdown, to be pasted into a document. */
export const renderMarkdown = (tables: readonly Table[]): string =>
  tables.map(({ title, rows }) => `### ${title}\n\n${markdownTable(rows)}`).join('\n');
