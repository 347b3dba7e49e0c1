// For the build of the engine alone: where all intrinsics are, as a list that harden.js goes through at each start.
//
//     places: [[from, key, values, accessors], ...]
//     from       an earlier place that leads here by `key` (null: its prototype); -1: the root of that number
//     values     names of properties that hold something which leads no further
//     accessors  names of properties whose functions lead no further
// Symbols are written @@iterator.

const { ownKeys, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { isObject } = use('harden');

function nameOf(key) {
  if (typeof key === 'string' && key[0] !== '@') return key;
  const name = typeof key === 'symbol' ? /^Symbol\.(\w+)$/.exec(key.description)?.[1] : undefined;
  if (name === undefined || Symbol[name] !== key) throw new Error(`npsx: an intrinsic has a property that the list cannot name: ${String(key)}`);
  return `@@${name}`;
}

// Breadth first, as freezeAll of harden.js. -> object -> { from, by, key, children }
function walk(roots) {
  const seen = new Map(roots.map((o, i) => [o, { from: undefined, key: i, children: 0 }]));
  for (const [o, entry] of seen) {
    const meet = (v, by, key) => {
      if (!isObject(v) || seen.has(v)) return;
      seen.set(v, { from: o, by, key, children: 0 });
      entry.children++;
    };
    meet(getPrototypeOf(o), 'prototype', null);
    for (const key of ownKeys(o)) {
      const d = getOwnPropertyDescriptor(o, key);
      if ('value' in d) meet(d.value, 'value', key);
      else for (const f of [d.get, d.set]) meet(f, 'accessor', key);
    }
  }
  return seen;
}

function describe(seen) {
  const places = [];
  const at = new Map();
  const placeOf = (o) => {
    if (at.has(o)) return at.get(o);
    const { from, key } = seen.get(o);
    const place = from === undefined ? [-1, key, [], []] : [at.get(from), key === null ? null : nameOf(key), [], []];
    at.set(o, places.push(place) - 1);
    return at.get(o);
  };
  for (const [o, { from, by, key, children }] of seen) {
    const further = children > 0 || by === 'prototype';
    if (further && by === 'accessor') throw new Error(`npsx: an accessor of an intrinsic leads further than the list can say: ${String(key)}`);
    if (further) placeOf(o);
    else if (from !== undefined) {
      const names = places[at.get(from)][by === 'value' ? 2 : 3];
      const name = nameOf(key);
      if (!names.includes(name)) names.push(name);
    }
  }
  return places;
}

// Writes the list, freezes by it, and sees whether everything is frozen that a walk finds.
exports.emit = (roots, skip, freezeListed) => {
  const seen = walk(roots);
  const places = JSON.parse(JSON.stringify(describe(seen)));
  freezeListed(places, roots, skip);
  for (const [o, { key }] of walk(roots)) {
    if (!seen.has(o) || (!skip.has(o) && !Object.isFrozen(o))) throw new Error(`npsx: the list of intrinsics is not complete: ${String(key)}`);
  }
  host.emit('intrinsics.json', JSON.stringify({ engine: host.engine, places }));
};
