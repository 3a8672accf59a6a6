import { createHash } from 'node:crypto';

/** The source of a style sheet in a content security policy: its hash (Content Security Policy Level 3). */
export const styleSourceOf = (styleSheet: string): string =>
  `'sha256-${createHash('sha256').update(styleSheet).digest('base64')}'`;
