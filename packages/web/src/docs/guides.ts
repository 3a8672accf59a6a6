import type { GuideDocument } from './document.ts';

const loaders = import.meta.glob<GuideDocument>('../../../../docs/*.md', { import: 'default' });

/** The guides, in the order in which the index lists them. */
const TITLES: readonly (readonly [name: string, title: string])[] = [
  ['web', 'The web interface'],
  ['case-study', 'Case study: a detour is found and removed'],
  ['measuring', 'How paths are measured, and how reliable they are'],
  ['atlas', 'The atlas'],
  ['glossary', 'Glossary'],
  ['install', 'Installation'],
  ['api', 'The API'],
  ['cli', 'The command line'],
  ['watches', 'Watches: recurring measurements and alerts'],
  ['host-a-source', 'Hosting a source'],
  ['opt-out', 'Opting out'],
  ['running', 'Running a controller'],
  ['agents', 'Agents'],
  ['operating-safely', 'Operating safely'],
  ['budgets', 'Budgets and circuit breakers'],
  ['audit', 'Audit'],
  ['datasets', 'Datasets'],
  ['troubleshooting', 'Troubleshooting'],
  ['simulator', 'The simulated Internet'],
  ['kernel-lab', 'The kernel lab'],
  ['accuracy', 'Accuracy of your own deployment'],
  ['evaluation', 'Evaluation'],
  ['performance', 'Performance'],
  ['architecture', 'Architecture'],
  ['development', 'Development'],
];

/** Names and titles of the guides. A guide without a title here is listed last, under its name. */
export function listGuides(): readonly (readonly [name: string, title: string])[] {
  const known = new Set(TITLES.map(([name]) => name));
  const others = Object.keys(loaders)
    .map((path) => path.replace(/^.*\/(.*)\.md$/, '$1'))
    .filter((name) => !known.has(name))
    .map((name) => [name, name] as const);
  return [...TITLES, ...others];
}

/** A guide; `null` when there is none of this name. */
export async function loadGuide(name: string): Promise<GuideDocument | null> {
  const path = `../../../../docs/${name}.md`;
  return Object.hasOwn(loaders, path) ? loaders[path]() : null;
}
