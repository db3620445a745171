// Builds a page into the directory given: `node build.mjs kiosk OUT` or `node build.mjs web OUT`. What both share is
// in src/components and src/messages. The web's lies in OUT/s, where links lead, under names that change with content.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const KINDS = ['kiosk', 'web'];
const KB_MAX = { kiosk: 150, web: 120 }; // compressed, all files of the page
const [kind, out] = process.argv.slice(2);
if (!KINDS.includes(kind) || !out) {
  const found = process.argv.slice(2).join(' ');
  console.error(`build.mjs: found "${found}", allowed is one of ${KINDS.join(', ')} and a directory`);
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

// `import languages from 'languages'` is all messages of this page by language tag: those of both pages and its own.
const languages = {
  name: 'languages',
  setup(esbuild) {
    esbuild.onResolve({ filter: /^languages$/ }, () => ({ path: 'languages', namespace: 'languages' }));
    esbuild.onLoad({ filter: /.*/, namespace: 'languages' }, () => {
      const all = {};
      for (const folder of ['src/messages', `src/${kind}/messages`]) {
        for (const name of readdirSync(join(here, folder)).sort()) {
          if (!name.endsWith('.json')) continue;
          const tag = basename(name, '.json');
          all[tag] = { ...all[tag], ...checked(name, JSON.parse(readFileSync(join(here, folder, name), 'utf8'))) };
        }
      }
      return { contents: JSON.stringify(all), loader: 'json' };
    });
  },
};

// Where V8 of Chrome 64 optimizes `typeof x == "bigint"`, the tab dies. Preact asks it of every child.
const BIGINT = /"bigint"==typeof \w+\|\|/g;
const withoutBigInt = {
  name: 'without bigint',
  setup(esbuild) {
    esbuild.onLoad({ filter: /preact\/dist\/preact\.module\.js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (text.search(BIGINT) < 0) throw new Error(`${path}: found no ${BIGINT}`);
      return { contents: text.replace(BIGINT, '') };
    });
  },
};

const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  charset: 'utf8',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  plugins: [languages],
  logLevel: 'warning',
};

async function buildKiosk(folder) {
  await build({
    ...common,
    entryPoints: { page: 'src/kiosk/main.tsx' },
    outdir: folder,
    format: 'iife',
    target: 'es2020',
  });
  copyFileSync(join(here, 'src/kiosk/index.html'), join(folder, 'index.html'));
  copyFileSync(join(here, 'icon.svg'), join(folder, 'icon.svg'));
}

// Chrome 61 is what the oldest phones have. An older browser reads only old.js, which says so.
async function buildWeb(folder) {
  const { metafile } = await build({
    ...common,
    entryPoints: { survey: 'src/web/main.tsx' },
    outdir: folder,
    entryNames: '[name]-[hash]',
    format: 'esm',
    target: 'chrome61',
    plugins: [languages, withoutBigInt],
    metafile: true,
  });
  const names = {};
  for (const file of Object.keys(metafile.outputs)) names[extname(file).slice(1)] = basename(file);
  for (const [key, from] of [['old', 'src/web/old.js'], ['icon', 'icon.svg']]) {
    const content = readFileSync(join(here, from));
    const hash = createHash('sha256').update(content).digest('hex').slice(0, 8);
    names[key] = `${basename(from, extname(from))}-${hash}${extname(from)}`;
    writeFileSync(join(folder, names[key]), content);
  }
  const html = readFileSync(join(here, 'src/web/index.html'), 'utf8').replace(/\{(\w+)\}/g, (_, key) => {
    if (names[key] === undefined) throw new Error(`index.html: found {${key}}, allowed are ${Object.keys(names)}`);
    return names[key];
  });
  // Who comes without a link is told so.
  for (const place of [folder, dirname(folder)]) writeFileSync(join(place, 'index.html'), html);
}

const folder = kind === 'web' ? join(resolve(out), 's') : resolve(out);
if (existsSync(resolve(out))) rmSync(resolve(out), { recursive: true });
mkdirSync(folder, { recursive: true });
await (kind === 'web' ? buildWeb(folder) : buildKiosk(folder));

let total = 0;
for (const name of readdirSync(folder)) total += gzipSync(readFileSync(join(folder, name)), { level: 9 }).length;
const limit = KB_MAX[kind] * 1024;
console.log(`page of the ${kind}: ${total} bytes compressed, allowed are ${limit}`);
if (total > limit) process.exit(1);
