/** A number with a comma between thousands. */
export const count = (value: number): string => value.toLocaleString('en');
