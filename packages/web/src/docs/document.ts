/** Text inside a block of a guide. */
export type Inline =
  | { readonly type: 'text' | 'code'; readonly text: string }
  | { readonly type: 'strong' | 'em'; readonly children: readonly Inline[] }
  | { readonly type: 'link'; readonly href: string; readonly children: readonly Inline[] }
  | { readonly type: 'image'; readonly src: string; readonly alt: string };

/** A block of a guide. */
export type Block =
  | { readonly type: 'heading'; readonly depth: number; readonly id: string; readonly children: readonly Inline[] }
  | { readonly type: 'paragraph'; readonly children: readonly Inline[] }
  | { readonly type: 'code'; readonly text: string }
  | { readonly type: 'list'; readonly ordered: boolean; readonly items: readonly (readonly Block[])[] }
  | { readonly type: 'quote'; readonly blocks: readonly Block[] }
  | {
      readonly type: 'table';
      readonly header: readonly (readonly Inline[])[];
      readonly rows: readonly (readonly (readonly Inline[])[])[];
    };

/** A guide of `docs/`, as the build has read it. */
export interface GuideDocument {
  readonly title: string;
  readonly blocks: readonly Block[];
  /** URLs of the pictures, by their path in the guide. */
  readonly pictures: Readonly<Record<string, string>>;
}
