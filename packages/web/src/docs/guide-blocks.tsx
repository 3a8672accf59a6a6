import { Link } from 'react-router';
import type { Block, GuideDocument, Inline } from './document.ts';

type Pictures = GuideDocument['pictures'];

/** The blocks of a guide. They never change, so their positions identify them. */
export function GuideBlocks({ blocks, pictures }: { readonly blocks: readonly Block[]; readonly pictures: Pictures }) {
  return withKeys(blocks).map(([key, block]) => <GuideBlock key={key} block={block} pictures={pictures} />);
}

function GuideBlock({ block, pictures }: { readonly block: Block; readonly pictures: Pictures }) {
  switch (block.type) {
    case 'heading': {
      const Heading = `h${Math.min(block.depth, 6)}` as 'h1';
      return (
        <Heading id={block.id}>
          <Inlines inlines={block.children} pictures={pictures} />
        </Heading>
      );
    }
    case 'paragraph':
      return (
        <p>
          <Inlines inlines={block.children} pictures={pictures} />
        </p>
      );
    case 'code':
      return <pre className="raw">{block.text}</pre>;
    case 'quote':
      return (
        <blockquote>
          <GuideBlocks blocks={block.blocks} pictures={pictures} />
        </blockquote>
      );
    case 'list': {
      const List = block.ordered ? 'ol' : 'ul';
      return (
        <List>
          {withKeys(block.items).map(([key, item]) => (
            <li key={key}>
              <GuideBlocks blocks={item} pictures={pictures} />
            </li>
          ))}
        </List>
      );
    }
    case 'table':
      return <GuideTable {...block} pictures={pictures} />;
  }
}

function GuideTable(props: Extract<Block, { type: 'table' }> & { readonly pictures: Pictures }) {
  const { header, rows, pictures } = props;
  return (
    <table className="guide">
      <thead>
        <tr>
          {withKeys(header).map(([key, cell]) => (
            <th scope="col" key={key}>
              <Inlines inlines={cell} pictures={pictures} />
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {withKeys(rows).map(([key, row]) => (
          <tr key={key}>
            {withKeys(row).map(([column, cell]) => (
              <td key={column}>
                <Inlines inlines={cell} pictures={pictures} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Inlines({ inlines, pictures }: { readonly inlines: readonly Inline[]; readonly pictures: Pictures }) {
  return withKeys(inlines).map(([key, inline]) => <InlineText key={key} inline={inline} pictures={pictures} />);
}

function InlineText({ inline, pictures }: { readonly inline: Inline; readonly pictures: Pictures }) {
  switch (inline.type) {
    case 'text':
      return inline.text;
    case 'code':
      return <code>{inline.text}</code>;
    case 'image':
      return <img className="picture" src={pictures[inline.src]} alt={inline.alt} />;
    case 'link': {
      const children = <Inlines inlines={inline.children} pictures={pictures} />;
      return inline.href.startsWith('/') ? (
        <Link to={inline.href}>{children}</Link>
      ) : (
        <a href={inline.href} rel="noreferrer">
          {children}
        </a>
      );
    }
    default: {
      const Emphasis = inline.type;
      return (
        <Emphasis>
          <Inlines inlines={inline.children} pictures={pictures} />
        </Emphasis>
      );
    }
  }
}

const withKeys = <Part,>(parts: readonly Part[]): (readonly [number, Part])[] => [...parts.entries()];
