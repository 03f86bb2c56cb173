import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { expect, test } from 'vitest';

const LIB = join(__dirname, '../lib');

/**
 * The layers of `lib`, lowest first: folders, and the files that are directly in `lib`.
 *
 * A file may import files of the same layer and of the layers below.
 */
const LAYERS = [
  'version.ts',
  'names.ts',
  'partitions.ts',
  'rule',
  'evaluator',
  'alerts',
  'dashboard',
  'organization',
  'rotation',
  'configuration',
  'stacks',
  'stagecert.ts',
  'deployment-file.ts',
  'files.ts',
  'index.ts',
  'diff',
];

/** Layers that are next to each other and must not import each other. */
const INDEPENDENT = ['alerts', 'dashboard', 'organization'];

const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));

/** The files of `lib` that a file imports, types included. */
function importsOf(path: string): string[] {
  const source = readFileSync(join(LIB, path), 'utf8');
  return [...source.matchAll(/^(?:import|export)\b[^;]*? from '(\.[^']*)';/gms)].map(([, target = '']) => {
    const file = normalize(join(dirname(path), target));
    return file.endsWith('.json') ? file : `${file}.ts`;
  });
}

const imports = new Map(files.map((path) => [path, importsOf(path)]));
const layerOf = (path: string) => path.split('/')[0] ?? '';

test('every file and folder of lib belongs to a layer', () => {
  expect([...new Set(files.map(layerOf))].sort()).toEqual([...LAYERS].sort());
});

test('the parser finds imports: every file is imported by another one, except the entry points', () => {
  const imported = new Set([...imports.values()].flat());
  const unused = files.filter((path) => !imported.has(path));
  expect(unused.sort()).toEqual([
    'configuration/configuration.ts',
    'deployment-file.ts',
    'diff/diff-command.ts',
    'files.ts',
    'index.ts',
    'stagecert.ts',
  ]);
});

test('no import points up', () => {
  const wrong = [...imports].flatMap(([path, targets]) =>
    targets
      .filter((target) => {
        const [from, to] = [layerOf(path), layerOf(target)];
        const siblings = from !== to && INDEPENDENT.includes(from) && INDEPENDENT.includes(to);
        return siblings || LAYERS.indexOf(to) > LAYERS.indexOf(from);
      })
      .map((target) => `${path} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test('no files import each other in a cycle', () => {
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, open: readonly string[]): void => {
    if (open.includes(path)) {
      cycles.push([...open.slice(open.indexOf(path)), path].join(' -> '));
    } else if (!done.has(path)) {
      for (const target of imports.get(path) ?? []) {
        visit(target, [...open, path]);
      }
      done.add(path);
    }
  };
  for (const path of files) {
    visit(path, []);
  }
  expect(cycles).toEqual([]);
});

test('each test is in the folder of what it tests', () => {
  const tests = readdirSync(__dirname, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => layerOf(relative('.', path)))
    .filter((folder) => !folder.endsWith('.test.ts'));
  expect(tests.filter((folder) => !LAYERS.includes(folder))).toEqual([]);
});
