// Builds the page into the directory given: `node build.mjs OUT`. Every file of src/messages is a language.
import { build } from 'esbuild';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) {
  console.error('build.mjs: found no output directory, allowed is one: node build.mjs OUT');
  process.exit(2);
}

// The glass holds 40 keys, five places of which are the space bar's and three keys' that every plane has.
const KEYS_MAX = 35;
function checked(name, messages) {
  for (const plane of messages.keyboard ?? []) {
    const keys = Array.from(plane.keys);
    if (keys.length > KEYS_MAX || new Set(keys).size < keys.length) {
      console.error(`build.mjs: ${name}: plane "${plane.name}": found ${keys.length} keys, allowed are ${KEYS_MAX}, each once`);
      process.exit(1);
    }
  }
  return messages;
}

// `import languages from 'languages'` is all message files by language tag.
const languages = {
  name: 'languages',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^languages$/ }, () => ({ path: 'languages', namespace: 'languages' }));
    esbuild.onLoad({ filter: /.*/, namespace: 'languages' }, () => {
      const folder = join(here, 'src/messages');
      const all = {};
      for (const name of readdirSync(folder).sort()) {
        if (!name.endsWith('.json')) continue;
        all[name.slice(0, -'.json'.length)] = checked(name, JSON.parse(readFileSync(join(folder, name), 'utf8')));
      }
      return { contents: JSON.stringify(all), loader: 'json' };
    });
  },
};

rmSync(resolve(out), { recursive: true, force: true });
mkdirSync(resolve(out), { recursive: true });
await build({
  absWorkingDir: here,
  entryPoints: { page: 'src/main.tsx' },
  outdir: resolve(out),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2020',
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  plugins: [languages],
  logLevel: 'warning',
});
for (const name of ['index.html', 'icon.svg']) copyFileSync(join(here, name), join(resolve(out), name));

let total = 0;
for (const name of readdirSync(resolve(out))) {
  total += gzipSync(readFileSync(join(resolve(out), name)), { level: 9 }).length;
}
const limit = 150 * 1024;
console.log(`page: ${total} bytes compressed, allowed are ${limit}`);
if (total > limit) process.exit(1);
