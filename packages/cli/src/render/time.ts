/** A time of the API, ISO 8601, without the fraction of its seconds. */
export const timeInSeconds = (time: string): string => time.replace(/\.\d+Z$/, 'Z');
