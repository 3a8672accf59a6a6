import { z } from 'zod';

/** More faults help nobody, and each takes time and memory. */
const MOST_FAULTS = 100;

/**
 * The schema of a list in a body that may be long. As `z.array`, but its length is checked before its elements, and no element is looked at
 * after the first hundred faults.
 */
export function longList<Element extends z.ZodType>(
  element: Element,
  { least, most }: { readonly least?: number; readonly most?: number } = {},
) {
  const { $schema: _, ...items } = z.toJSONSchema(element, { io: 'input', unrepresentable: 'any' });
  let list = z.array(z.unknown());
  if (least !== undefined) list = list.min(least);
  if (most !== undefined) list = list.max(most);
  return list.meta({ items }).transform((values, context): z.output<Element>[] => {
    const read: z.output<Element>[] = [];
    let faults = 0;
    for (const [i, value] of values.entries()) {
      if (faults >= MOST_FAULTS) break;
      const result = element.safeParse(value);
      if (result.success) read.push(result.data);
      else
        for (const issue of result.error.issues.slice(0, MOST_FAULTS - faults)) {
          faults++;
          context.addIssue({ ...issue, path: [i, ...issue.path] });
        }
    }
    return read;
  });
}
