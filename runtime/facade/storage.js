// sessionStorage: a Storage in memory, each package's own. localStorage is undefined, as in Node without a file for it.

const { inert } = use('deny');
const { defineProperty } = Reflect;

const QUOTA = 10 * 2 ** 20;                              // characters, as Node
const contents = new WeakMap();                           // Storage -> Map
const of = (storage) => {
  const map = contents.get(storage);
  if (map === undefined) throw Object.assign(new TypeError('Value of "this" must be of type Storage'), { code: 'ERR_INVALID_THIS' });
  return map;
};
const put = (map, key, value) => {
  let size = key.length + value.length;
  for (const [k, v] of map) if (k !== key) size += k.length + v.length;
  if (size > QUOTA) throw new DOMException('Setting the value exceeded the quota', 'QuotaExceededError');
  map.set(key, value);
};

class Storage {
  constructor() { throw Object.assign(new TypeError('Illegal constructor'), { code: 'ERR_ILLEGAL_CONSTRUCTOR' }); }
  get length() { return of(this).size; }
  clear() { of(this).clear(); }
  getItem(key) { return of(this).get(`${key}`) ?? null; }
  key(index) { return [...of(this).keys()][Number(index)] ?? null; }
  removeItem(key) { of(this).delete(`${key}`); }
  setItem(key, value) { put(of(this), `${key}`, `${value}`); }
}
defineProperty(Storage.prototype, Symbol.toStringTag, { value: 'Storage', configurable: true });
defineProperty(Storage.prototype, 'constructor', { value: inert('Storage', Storage.prototype), writable: true, configurable: true });
use('seal').own(Storage);
exports.Storage = Storage;

// `sessionStorage.name` is an item
const handler = (map) => {
  const isItem = (target, key) => typeof key === 'string' && !(key in Storage.prototype);
  return {
    get: (target, key) => (isItem(target, key) ? map.get(key) : key === 'length' ? map.size : Storage.prototype[key]),
    set(target, key, value) { if (!isItem(target, key)) return false; put(map, key, `${value}`); return true; },
    has: (target, key) => key in Storage.prototype || map.has(key),
    deleteProperty(target, key) { map.delete(key); return true; },
    ownKeys: () => [...map.keys()],
    getOwnPropertyDescriptor: (target, key) => (map.has(key) ? { value: map.get(key), writable: true, enumerable: true, configurable: true } : undefined),
    defineProperty(target, key, d) { if (!isItem(target, key)) return false; put(map, key, `${d.value}`); return true; },
    setPrototypeOf: () => false,
    preventExtensions: () => false,
  };
};

const made = new WeakMap();
exports.make = (c) => {
  let own = made.get(c);
  if (own === undefined) {
    const map = new Map();
    own = new Proxy(Object.create(Storage.prototype), handler(map));
    contents.set(own, map);
    made.set(c, own);
  }
  return own;
};
