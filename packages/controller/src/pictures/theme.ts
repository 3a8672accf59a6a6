import { FAMILIES, type Family } from '@revtr/client/wording';

/** Colours of a picture; `auto` follows the preference of the reader, where the viewer of the picture knows it. */
export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];
/** A theme of a picture that cannot change. */
export type FixedTheme = Exclude<Theme, 'auto'>;

type Colour = 'paper' | 'raised' | 'ink' | 'muted' | 'hairline' | 'warning' | 'warningInk' | 'link';

/** The colours of the web interface, `base.css`. */
const COLOURS: Readonly<Record<FixedTheme, Readonly<Record<Colour, string>>>> = {
  light: {
    paper: '#fcfcfb',
    raised: '#f3f3f1',
    ink: '#191a1b',
    muted: '#5a5c5e',
    hairline: '#dcdcd8',
    warning: '#fdf1dc',
    warningInk: '#6b4100',
    link: '#0a57a4',
  },
  dark: {
    paper: '#131416',
    raised: '#1d1f22',
    ink: '#e9e9e7',
    muted: '#a6a8aa',
    hairline: '#34373b',
    warning: '#3a2c10',
    warningInk: '#f3cd8a',
    link: '#7cc0f5',
  },
};

/** Okabe and Ito, "Color Universal Design" (2008). */
const FAMILY_COLOURS: Readonly<Record<Exclude<Family, 'end'>, string>> = {
  recordRoute: '#0072b2',
  spoofedRecordRoute: '#56b4e9',
  atlas: '#009e73',
  timestamp: '#cc79a7',
  intradomain: '#e69f00',
  interdomain: '#d55e00',
};

/** The widths of Verdana and of DejaVu Sans are nearly the same. */
const COMMON = [
  'text{font-family:DejaVu Sans,Verdana,sans-serif;font-size:13px}',
  '.mono{font-family:DejaVu Sans Mono,Menlo,Consolas,monospace}',
  '.strong{font-weight:bold}',
  '.small{font-size:12px}',
  '.title,.medium{font-size:20px}',
  '.normal{font-size:17px}',
  '.large{font-size:24px}',
  '.huge{font-size:44px}',
  '.end{text-anchor:end}',
  '.middle{text-anchor:middle}',
  '.line{fill:none;stroke-width:5}',
  '.inferred{stroke-dasharray:9 5}',
  '.assumed{stroke-dasharray:0.1 8;stroke-linecap:round}',
  '.dot{stroke-width:3}',
].join('');

function rulesOf(theme: FixedTheme): string {
  const colours = COLOURS[theme];
  const named = Object.entries(colours).map(([name, colour]) => `.${name}{fill:${colour}}`);
  const families = FAMILIES.map((family) => {
    const colour = family === 'end' ? colours.ink : FAMILY_COLOURS[family];
    return `.s-${family}{stroke:${colour}}.f-${family}{fill:${colour}}`;
  });
  const page = `body{background:${colours.paper};color:${colours.ink}}a{color:${colours.link}}`;
  return [page, ...named, ...families, `.hollow{fill:${colours.paper}}`].join('');
}

/** The style sheet of a picture. There is one for each theme, so that a content security policy can name it by its hash. */
export function styleSheetOf(theme: Theme): string {
  if (theme !== 'auto') return COMMON + rulesOf(theme);
  return `${COMMON}${rulesOf('light')}@media (prefers-color-scheme:dark){${rulesOf('dark')}}`;
}
