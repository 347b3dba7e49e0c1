// generate.mjs COUNT SEED: questions about COUNT manifests that nobody would write, one a line, as manifest-ask and oracle.cjs read them.
let seed = Number(process.argv[3] ?? 1) >>> 0;
const random = (n) => {
  seed = (Math.imul(seed ^ (seed >>> 15), 0x2c1b3c6d) + 0x9e3779b9) >>> 0;
  return ((Math.imul(seed ^ (seed >>> 12), 0x297a2d39) ^ seed) >>> 7) % n;
};
const one = (list) => list[random(list.length)];
const some = (list, most) => Array.from({ length: random(most + 1) }, () => one(list));

const EMPTY = 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
const OTHER = 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
const INTEGRITY = [true, true, EMPTY, OTHER, `${OTHER} ${EMPTY}`, '', 'hoge', `${EMPTY}?x`, ` ${EMPTY}\t`, `${EMPTY}${EMPTY}`];
const URLS = ['file:///p/a.js', 'file:///p/b/c.mjs', 'file:///p/b/', 'file:///p/b', 'file:///p/', 'file:///p', 'file:///', 'file:///p/b/c/d.js', 'file:///p/b/c/', 'file://h/p/a.js',
  'file:///p/a.js?x', 'file:///p/b/?q', 'file:///p/a%7Eb.js', 'https://e.com/a/b.js', 'https://e.com/', 'http://e.com:80/x', 'blob:https://e.com/1', 'blob:nothing', 'data:text/javascript,0',
  'data:text/javascript,0/1', 'node:fs', 'x:/a/b', 'x:y', 'wss://e.com/'];
const RELATIVE = ['./a.js', './b/c.mjs', './b/', '../p/a.js', '/p/b', '/p/', './', '../', './b/./c/../c.mjs', './%61.js', './b/c/d.js', '../../..'];
const SCOPES = [...URLS, ...RELATIVE, '', 'file:', 'data:', 'blob:', 'https:', 'node:', 'FILE:', 'x:', 'a b'];
const BARE = ['fs', 'node:fs', 'a', '@a/b', 'a/b', '#x', 'constructor', '__proto', 'a?b', 'A'];
const SPECIFIERS = [...BARE, ...BARE, ...RELATIVE, ...URLS, 'a*', ''];
const CONDITIONS = ['require', 'import', 'node', 'default', 'x'];

function target(depth) {
  switch (random(depth > 2 ? 5 : 8)) {
    case 0: case 1: return true;
    case 2: return one(URLS);
    case 3: return one(RELATIVE);
    case 4: return one([null, false, '', 'a', 1, []]);
    default: return Object.fromEntries(some(CONDITIONS, 3).map((c) => [c, target(depth + 1)]));
  }
}
const mostly = (usual, odd) => (random(25) === 0 ? odd() : usual());
const dependencies = () => mostly(
  () => one([true, null, () => Object.fromEntries(some(SPECIFIERS.filter((s) => !s.endsWith('*')), 5).map((s) => [s, target(0)]))]),
  () => one([false, 1, 'x', [], { 'a*': true }]));
function entry(isScope) {
  const e = {};
  if (random(3)) e.integrity = mostly(() => (isScope ? true : one(INTEGRITY)), () => one([false, null, 1, EMPTY]));
  if (random(3)) {
    const d = dependencies();
    e.dependencies = typeof d === 'function' ? d() : d;
  }
  if (random(2)) e.cascade = mostly(() => random(3) > 0, () => one([null, 1, 'x']));
  return e;
}
function manifest() {
  const m = {};
  if (random(4)) m.resources = Object.fromEntries(some([...URLS, ...RELATIVE], 4).map((k) => [k, entry(false)]));
  if (random(6) || !m.resources) m.scopes = Object.fromEntries(some(SCOPES.filter((s) => random(12) || s !== 'a b'), 5).map((k) => [k, entry(true)]));
  if (random(8) === 0) m.dependencies = one([true, {}, { fs: true, './a.js': 'node:os' }]);
  if (random(20) === 0) m.onerror = one(['throw', 'throw', 'never', null]);
  return m;
}
// Each manifest has a small world of its own, so that its questions meet what it lists.
const ALL = { URLS: [...URLS], RELATIVE: [...RELATIVE], SPECIFIERS: [...SPECIFIERS], SCOPES: [...SCOPES] };
function settle() {
  URLS.splice(0, Infinity, ...Array.from({ length: 6 }, () => one(ALL.URLS)));
  RELATIVE.splice(0, Infinity, ...Array.from({ length: 4 }, () => one(ALL.RELATIVE)));
  SPECIFIERS.splice(0, Infinity, ...Array.from({ length: 5 }, () => one(ALL.SPECIFIERS)));
  SCOPES.splice(0, Infinity, ...URLS, ...RELATIVE, ...Array.from({ length: 4 }, () => one(ALL.SCOPES)));
}
const asked = (list) => list.filter((s) => !/[\t\n]/.test(s));
for (let i = Number(process.argv[2] ?? 100); i > 0; i--) {
  settle();
  console.log(['manifest', one(['/p/policy.json', '/p/q/policy.json', '/p/a~b %/policy.json']), JSON.stringify(manifest())].join('\t'));
  for (let k = 0; k < 6; k++) console.log(['redirect', one(URLS), one(asked(SPECIFIERS)) ?? 'fs', some(CONDITIONS, 3).join(',')].join('\t'));
  for (let k = 0; k < 3; k++) console.log(['content', one(URLS)].join('\t'));
  for (let k = 0; k < 3; k++) console.log(['might', one(URLS)].join('\t'));
}
