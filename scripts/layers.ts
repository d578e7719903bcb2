/**
 * Checks every import against layers.json: layers point downward, packages meet only at their faces, and every
 * TypeScript file lies where a rule names it. Exits 1 with one line for each breach.
 */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

interface Rules {
  layers: string[][];
  never: Record<string, string[]>;
  everything: string[];
}

const rules = JSON.parse(readFileSync('layers.json', 'utf8')) as Rules;
const floorOf = new Map(rules.layers.flatMap((names, floor) => names.map((name) => [name, floor] as const)));
const files = globSync(['packages/**/*.ts', 'bin/**/*.ts', 'tests/**/*.ts', 'scripts/**/*.ts']).filter((file) => !file.includes('/node_modules/'));
const breaches = [...files.flatMap(breachesOf), ...circles()];

for (const breach of breaches) console.error(breach);
console.log(`layers: ${files.length} files, ${breaches.length} breaches`);
process.exit(breaches.length > 0 ? 1 : 0);

function breachesOf(file: string): string[] {
  const [top = '', room = ''] = file.split('/');
  if (rules.everything.includes(top)) return [];
  const floor = floorOf.get(room);
  if (top !== 'packages' || floor === undefined) return [`${file}: no rule in layers.json names this place`];
  return importsOf(file).flatMap((target) => {
    if (target.startsWith('.')) {
      const path = normalize(join(dirname(file), target));
      return path.startsWith(`packages/${room}/`) ? [] : [`${file}: ${target} leaves the package; import its face (#name)`];
    }
    if (!target.startsWith('#')) return [];
    const name = target.slice(1);
    const below = floorOf.get(name);
    if (below === undefined) return [`${file}: ${target} is no package of layers.json`];
    if (file.endsWith('.test.ts') && below <= floor) return [];
    if (below >= floor) return [`${file}: ${room} (floor ${floor}) must not import ${name} (floor ${below})`];
    if (rules.never[room]?.includes(name)) return [`${file}: ${room} must never import ${name}`];
    return [];
  });
}

/** Import circles between files of one package, those of types too, each told once, as the path that closes. */
function circles(): string[] {
  const edges = new Map<string, string[]>();
  for (const file of files) {
    edges.set(file, importsOf(file).filter((t) => t.startsWith('.')).map((t) => normalize(join(dirname(file), t))));
  }
  const found: string[] = [];
  const state = new Map<string, 'open' | 'done'>();
  const visit = (file: string, trail: string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push(`import circle: ${[...trail.slice(trail.indexOf(file)), file].join(' -> ')}`);
      return;
    }
    state.set(file, 'open');
    for (const next of edges.get(file) ?? []) visit(next, [...trail, file]);
    state.set(file, 'done');
  };
  for (const file of files) visit(file, []);
  return found;
}

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const pattern = /^\s*(?:import|export)\s+(?:type\s+)?(?:[^'"]*?\sfrom\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;
  return [...text.matchAll(pattern)].map((m) => m[1] ?? m[2] ?? '');
}
