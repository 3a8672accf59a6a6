import { type Node, parse } from 'acorn';
import { full } from 'acorn-walk';
import type { CoverageMap } from './coverage-map.ts';

/** Name under which instrumented modules find the counters. */
export const COUNTERS = '__revtrFuzzCounters';
const LONGEST_LITERAL = 32;

interface Insertion {
  readonly at: number;
  /** Insertions at one place: what opens later lies inside, what closes later lies outside. */
  readonly rank: number;
  readonly text: string;
}

/**
 * Inserts a counter at every place to which the control flow of a module can branch: blocks, bodies, branches of conditions, the right
 * sides of `&&`, `||` and `??`, and cases.
 */
export function instrument(source: string, map: CoverageMap): string {
  const tree = parse(source, { ecmaVersion: 'latest', sourceType: 'module' });
  const places = new Map<number, { readonly node: Node; readonly form: Form }>();
  let count = 0;
  full(tree, (node) => {
    for (const place of placesOf(node)) places.set(count++, place);
    const literal = Object(node);
    if (node.type === 'Literal' && typeof literal.value === 'string') keep(literal.value, map);
    if (node.type === 'TemplateElement') keep(String(Object(literal.value).raw), map);
  });
  const first = map.reserve(count);
  const insertions: Insertion[] = [];
  for (const [index, { node, form }] of places) {
    const counted = `${COUNTERS}[${first + index}]++`;
    const size = node.end - node.start;
    if (form === 'block') insertions.push({ at: node.start + 1, rank: 0, text: `${counted};` });
    else if (form === 'before') insertions.push({ at: node.start, rank: -size, text: `${counted};` });
    else {
      const [open, close] = form === 'expression' ? [`(${counted},`, ')'] : [`{${counted};`, '}'];
      insertions.push({ at: node.start, rank: -size, text: open }, { at: node.end, rank: -1e9 + size, text: close });
    }
  }
  insertions.sort((a, b) => a.at - b.at || a.rank - b.rank);
  let [text, at] = [`const ${COUNTERS} = globalThis.${COUNTERS};`, 0];
  for (const insertion of insertions) {
    text += source.slice(at, insertion.at) + insertion.text;
    at = insertion.at;
  }
  return text + source.slice(at);
}

type Form = 'block' | 'before' | 'statement' | 'expression';
const BLOCK = 'BlockStatement';

function placesOf(node: Node): { readonly node: Node; readonly form: Form }[] {
  const { body, consequent, alternate, right } = Object(node);
  const statement = (part: Node | null): { node: Node; form: Form }[] =>
    part === null || part.type === BLOCK ? [] : [{ node: part, form: 'statement' }];
  switch (node.type) {
    case BLOCK:
      return [{ node, form: 'block' }];
    case 'IfStatement':
      return [...statement(consequent), ...statement(alternate)];
    case 'ForStatement':
    case 'ForInStatement':
    case 'ForOfStatement':
    case 'WhileStatement':
    case 'DoWhileStatement':
      return statement(body);
    case 'ArrowFunctionExpression':
      return body.type === BLOCK ? [] : [{ node: body, form: 'expression' }];
    case 'ConditionalExpression':
      return [
        { node: consequent, form: 'expression' },
        { node: alternate, form: 'expression' },
      ];
    case 'LogicalExpression':
      return [{ node: right, form: 'expression' }];
    case 'SwitchCase':
      return consequent.length === 0 ? [] : [{ node: consequent[0], form: 'before' }];
    default:
      return [];
  }
}

function keep(text: string, map: CoverageMap): void {
  if (text.length > 0 && text.length <= LONGEST_LITERAL && !text.includes(' ')) map.addLiteral(text);
}
