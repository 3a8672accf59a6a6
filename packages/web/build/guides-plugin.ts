import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';
import { picturesOf, readGuide } from './read-guide.ts';

/** Lets modules import the guides of `docs/` as documents. */
export function guides(): Plugin {
  return {
    name: 'revtr-guides',
    async load(id) {
      const [file] = id.split('?');
      if (!file.endsWith('.md')) return undefined;
      this.addWatchFile(file);
      const markdown = await readFile(file, 'utf8');
      const pictures = [...new Set(picturesOf(markdown))];
      const imports = pictures.map(
        (path, i) => `import picture${i} from ${JSON.stringify(`${join(dirname(file), path)}?url`)};`,
      );
      const urls = pictures.map((path, i) => `${JSON.stringify(path)}: picture${i}`);
      const document = JSON.stringify(readGuide(markdown));
      const code = `${imports.join('\n')}\nexport default { ...${document}, pictures: { ${urls.join(', ')} } };\n`;
      return { code, moduleType: 'js' };
    },
  };
}
