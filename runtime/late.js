// Two things that the frozen intrinsics and the frozen global object take from ordinary code, given back to the files that use them.

const { overrideAccessor } = use('harden');
const { construct, defineProperty } = Reflect;
const { freeze, hasOwn } = Object;

// -- names that become globals of the application after its file was compiled (`global.expect = chai.expect`, mocha's `describe`)
// The scope around the file shows the application's own global object under these names and no others. It is `this` of a sloppy call by such a
// name, so it holds nothing else, can be neither written nor walked, and ends in null.
exports.scope = (c, names) => {
  const late = new Set(names);
  const { globalObject } = use('globals');
  let object;
  const there = (name) => late.has(name) && hasOwn(object ??= globalObject(c), name);
  return freeze(Object.create(new Proxy(freeze({ __proto__: null }), {
    has: (target, name) => there(name),
    get: (target, name) => (there(name) ? object[name] : undefined),
    set: () => false,
    getOwnPropertyDescriptor: () => undefined,
  })));
};

// -- String for files that say Object.create(String.prototype): there valueOf and toString may be assigned (nunjucks). On the real prototype an
// accessor makes every method of every string slow.
let own;
exports.String = () => own ?? host.whole(makeString);
function makeString() {
  const prototype = Object.create(String.prototype);
  for (const key of ['constructor', 'toString', 'valueOf']) {
    const { get, set } = overrideAccessor(prototype, key, String.prototype[key]);
    defineProperty(prototype, key, { get: freeze(get), set, enumerable: false, configurable: true });
  }
  own = function (...args) { return new.target === undefined ? String(...args) : construct(String, args, new.target === own ? String : new.target); };
  for (const key of ['fromCharCode', 'fromCodePoint', 'raw']) defineProperty(own, key, { value: String[key], writable: false });
  defineProperty(own, 'name', { value: 'String' });
  defineProperty(own, 'prototype', { value: freeze(prototype), writable: false });
  defineProperty(own, Symbol.hasInstance, { value: freeze({ is: (value) => value instanceof String }.is) });
  return freeze(own);
}
