/** A word for a shell, in single quotes (POSIX, Shell Command Language, section 2.2.2). */
export const inSingleQuotes = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
