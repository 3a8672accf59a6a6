/** The values that are not zero: the JSON mapping of Protocol Buffers leaves the others out. */
export function withoutZeros<T extends Readonly<Record<string, number | string>>>(values: T): Partial<T> {
  const kept: Partial<T> = { ...values };
  for (const name in values) if (values[name] === 0 || values[name] === '0s') delete kept[name];
  return kept;
}
