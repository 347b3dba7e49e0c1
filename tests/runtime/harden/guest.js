'use strict';
// Runs as a package that holds nothing. Tries to change everything that the language's intrinsics lead to, instead of asking isFrozen.

const isObject = (v) => v !== null && (typeof v === 'object' || typeof v === 'function');

function roots() {
  function* g() {}
  async function* ag() {}
  async function af() {}
  // an instance is the package's own: what counts is what it inherits
  return [g, ag, af, Object.getPrototypeOf(g()), Object.getPrototypeOf(ag()), [][Symbol.iterator](), new Map()[Symbol.iterator](), new Set().values(), ''[Symbol.iterator](), 'a'.matchAll(/./g),
    Iterator.from({ next() {} }), [].values().map((x) => x), new Intl.Segmenter().segment('a'), new Intl.Segmenter().segment('a')[Symbol.iterator]()]
    .map((o) => Object.getPrototypeOf(o));
}

function* walk(start) {
  const seen = new Map();
  const push = (v, path) => { if (isObject(v) && !seen.has(v)) seen.set(v, path); };
  for (const [name, v] of start) push(v, name);
  for (const [o, path] of seen) {
    yield [o, path];
    push(Object.getPrototypeOf(o), `${path}.__proto__`);
    for (const k of Reflect.ownKeys(o)) {
      const d = Reflect.getOwnPropertyDescriptor(o, k);
      const at = `${path}.${String(k)}`;
      push(d.value, at);
      push(d.get, `${at} (get)`);
      push(d.set, `${at} (set)`);
    }
  }
}

const attempt = (f) => { try { return f() === true; } catch { return false; } };

// -> what could be changed about o
function changes(o, path) {
  const bad = [];
  if (attempt(() => Reflect.defineProperty(o, '__probe', { value: 1, configurable: true }))) bad.push(`${path}: takes new properties`);
  if (attempt(() => Object.getPrototypeOf(o) !== null && Reflect.setPrototypeOf(o, null))) bad.push(`${path}: takes another prototype`);
  for (const k of Reflect.ownKeys(o)) {
    const d = Reflect.getOwnPropertyDescriptor(o, k);
    if ('value' in d) attempt(() => Reflect.set(o, k, 'probe'));
    else if (d.set) attempt(() => Reflect.set(o, k, 'probe', o));
    attempt(() => Reflect.defineProperty(o, k, { value: 'probe' }));
    const after = Reflect.getOwnPropertyDescriptor(o, k);
    if (!after || !Object.is(after.value, d.value) || after.get !== d.get || after.set !== d.set) bad.push(`${path}.${String(k)}: was changed`);
    if (attempt(() => Reflect.deleteProperty(o, k))) bad.push(`${path}.${String(k)}: was deleted`);
  }
  return bad;
}

module.exports = (names) => {
  // The shared global, not the package's own view of it: code that the language's own Function makes sees nothing else.
  const all = (() => {}).constructor('names', 'return names.filter((n) => n in this).map((n) => [n, this[n]])')(names);
  all.push(...roots().map((o, i) => [`hidden${i}`, o]));
  const bad = [];
  const keys = {};
  let visited = 0;
  for (const [o, path] of walk(all)) {
    visited++;
    bad.push(...changes(o, path));
  }
  for (const [name, v] of all) {
    if (!isObject(v) || /^hidden/.test(name)) continue;
    keys[name] = Reflect.ownKeys(v).map(String);
    if (isObject(v.prototype)) keys[`${name}.prototype`] = Reflect.ownKeys(v.prototype).map(String);
  }
  return { visited, bad, keys };
};
