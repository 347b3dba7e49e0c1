// reflect-metadata adds functions to Reflect, and compiled decorators of other packages look for them there. Nobody can add to the real one: a
// package that is reflect-metadata or declares it has a Reflect of its own. Under the ten names that reflect-metadata defines, the others read what
// their own reflect-metadata (the copy that their require() would find) has put on its own Reflect; nothing else passes, and nothing in the other
// direction.

const { globalObject } = use('globals');
const { identity, of: compartmentOf } = use('compartment');
const { defineProperty } = Object;
const RealReflect = Reflect;

const NAME = 'reflect-metadata';
const NAMES = ['decorate', 'metadata', 'defineMetadata', 'hasMetadata', 'hasOwnMetadata', 'getMetadata', 'getOwnMetadata', 'getMetadataKeys', 'getOwnMetadataKeys',
  'deleteMetadata'];

const ownReflects = new WeakMap();
const definer = (c) => identity(c.root)?.name === NAME;

// The Reflect of the copy of reflect-metadata that c would load, when that has been loaded.
function source(c) {
  try {
    const { file } = use('resolve').resolve(NAME, `${c.root}/package.json`, 'require');
    const from = compartmentOf(file);
    return definer(from) ? ownReflects.get(from) : undefined;
  } catch { return undefined; }
}

exports.prepare = (c) => {
  const own = {};
  for (const key of RealReflect.ownKeys(RealReflect)) defineProperty(own, key, { value: RealReflect[key], writable: true, enumerable: false, configurable: true });
  if (!definer(c)) for (const name of NAMES) defineProperty(own, name, {
    get() { return source(c)?.[name]; },
    set(value) { defineProperty(own, name, { value, writable: true, enumerable: true, configurable: true }); },
    enumerable: false, configurable: true,
  });
  ownReflects.set(c, own);
  defineProperty(globalObject(c), 'Reflect', { value: own, writable: true, enumerable: false, configurable: true });
};
