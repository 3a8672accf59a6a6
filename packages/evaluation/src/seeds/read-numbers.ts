/** Parses numbers and ranges: `1-3,7` means 1, 2, 3 and 7. None if the text is malformed. */
export function readNumbers(text: string): number[] {
  const parts = text.split(',').map((part) => /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part));
  if (parts.some((part) => part === null)) return [];
  return parts.flatMap((part) => {
    const [first, last] = [Number(part?.[1]), Number(part?.[2] ?? part?.[1])];
    return Array.from({ length: Math.min(10_000, Math.max(0, last - first + 1)) }, (_, i) => first + i);
  });
}
