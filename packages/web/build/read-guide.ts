import { lexer, type Token, type Tokens } from 'marked';
import type { Block, Inline } from '../src/docs/document.ts';

/** Reads a guide of `docs/` in Markdown. HTML in it is taken for text. */
export function readGuide(markdown: string): { readonly title: string; readonly blocks: readonly Block[] } {
  const blocks = toBlocks(lexer(markdown));
  const first = blocks.find((block) => block.type === 'heading');
  return { title: first === undefined ? '' : plainText(first.children), blocks };
}

/** Paths of the pictures in a guide. */
export function picturesOf(markdown: string): readonly string[] {
  return [...markdown.matchAll(/!\[[^\]]*\]\(([\w./-]+)\)/g)].map(([, path]) => path);
}

function toBlocks(tokens: readonly Token[]): Block[] {
  return tokens.flatMap((token) => toBlock(token) ?? []);
}

function toBlock(token: Token): Block | undefined {
  switch (token.type) {
    case 'heading': {
      const children = toInlines(token.tokens);
      return { type: 'heading', depth: Number(token.depth), id: fragmentOf(plainText(children)), children };
    }
    case 'paragraph':
    case 'text':
      return { type: 'paragraph', children: toInlines(token.tokens ?? [token]) };
    case 'code':
      return { type: 'code', text: String(token.text) };
    case 'blockquote':
      return { type: 'quote', blocks: toBlocks(token.tokens ?? []) };
    case 'list': {
      const { ordered, items } = token as Tokens.List;
      return { type: 'list', ordered, items: items.map((item) => toBlocks(item.tokens)) };
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const cell = ({ tokens }: Tokens.TableCell): Inline[] => toInlines(tokens);
      return { type: 'table', header: header.map(cell), rows: rows.map((row) => row.map(cell)) };
    }
    case 'html':
      return { type: 'paragraph', children: [{ type: 'text', text: token.raw }] };
    default:
      return undefined;
  }
}

function toInlines(tokens: readonly Token[] | undefined): Inline[] {
  return (tokens ?? []).flatMap((token): Inline[] => {
    switch (token.type) {
      case 'codespan':
        return [{ type: 'code', text: String(token.text) }];
      case 'strong':
      case 'em':
        return [{ type: token.type, children: toInlines(token.tokens) }];
      case 'link': {
        const children = toInlines(token.tokens);
        const href = pageOf(String(token.href));
        return href === undefined ? children : [{ type: 'link', href, children }];
      }
      case 'image':
        return [{ type: 'image', src: String(token.href), alt: String(token.text) }];
      case 'text':
      case 'escape':
        return token.type === 'text' && token.tokens !== undefined
          ? toInlines(token.tokens)
          : [{ type: 'text', text: String(token.text) }];
      default:
        return [{ type: 'text', text: token.raw }];
    }
  });
}

/** Where a link of a guide leads on the web; `undefined` for files that are not there, such as sources. */
function pageOf(href: string): string | undefined {
  if (/^https:\/\//.test(href) || href.startsWith('#')) return href;
  const guide = /^([\w-]+)\.md(#[\w-]+)?$/.exec(href);
  return guide === null ? undefined : `/docs/${guide[1]}${guide[2] ?? ''}`;
}

function plainText(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => ('text' in inline ? inline.text : 'children' in inline ? plainText(inline.children) : ''))
    .join('');
}

/** The fragment that GitHub gives to a heading. */
const fragmentOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
