/** Markup, HTML or SVG, in which everything that came from outside is escaped. Only {@link markup} makes it. */
export class Markup {
  readonly text: string;

  private constructor(text: string) {
    this.text = text;
  }

  /** Makes markup of a template: values are escaped unless they are markup themselves. */
  static template(strings: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
    return new Markup(strings.reduce((text, part, i) => `${text}${rendered(values[i - 1])}${part}`));
  }
}

type MarkupValue = string | number | Markup | readonly Markup[] | undefined;

/** A template of markup, for instance `` markup`<p>${name}</p>` ``: values are escaped unless they are markup themselves. */
export const markup = Markup.template;

function rendered(value: MarkupValue): string {
  if (value === undefined) return '';
  if (value instanceof Markup) return value.text;
  if (typeof value === 'object') return value.map(({ text }) => text).join('');
  return escapeMarkup(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Escapes text for element content and for quoted attributes. */
const escapeMarkup = (text: string): string => text.replace(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
