'use strict';
// What a package that holds nothing has without being given anything: its names, every builtin that it can require, and instances made from them.

module.exports = ({ recorder, require, module }) => {
  const roots = {};
  const quiet = (f) => { try { return f(); } catch (e) { return e; } };
  const names = ('Infinity eval isFinite Object Function Array ArrayBuffer BigInt Boolean DataView Error AggregateError Float16Array Promise Proxy Reflect RegExp Map Set WeakMap WeakSet WeakRef '
    + 'FinalizationRegistry Symbol String Number Iterator JSON Math Date Intl Atomics SharedArrayBuffer WebAssembly Temporal SuppressedError DisposableStack AsyncDisposableStack Uint8Array '
    + 'TypeError RangeError').split(' ');
  roots.intrinsics = quiet(() => [...names.map((n) => globalThis[n]), {}, [], () => {}, function* () {}, async () => {}, async function* () {}, /x/g, (function* () {})(), (async function* () {})(),
    [][Symbol.iterator](), new Map().entries(), new Set().values(), ''[Symbol.iterator](), 'a'.matchAll(/./g), Iterator.from({ next() {} }), (function () { return arguments; })(),
    Object.getPrototypeOf(Int8Array), new Proxy({}, {}), Promise.resolve(1), new Intl.Segmenter().segment('ab')]);
  roots.globalThis = globalThis;
  roots['sloppy this'] = quiet(() => Function('return this')());
  roots.globals = quiet(() => {
    const out = {};
    for (let o = globalThis; o !== null && o !== Object.prototype; o = Object.getPrototypeOf(o)) for (const k of Reflect.ownKeys(o)) out[k] ??= quiet(() => globalThis[k]);
    return out;
  });
  roots.require = require;
  roots.module = module;
  roots.process = process;
  roots.console = console;
  roots.error = quiet(() => {
    const e = new Error('x');
    Error.captureStackTrace?.(e);
    const { prepareStackTrace } = Error;
    Error.prepareStackTrace = recorder('prepareStackTrace', 'x');
    void new Error('y').stack;
    quiet(() => { null.x; });
    Error.prepareStackTrace = prepareStackTrace;
    return e;
  });
  for (const name of require('module').builtinModules) roots[`builtin ${name}`] = quiet(() => require(name.includes(':') ? name : `node:${name}`));
  Object.assign(roots, require('./made.js')({ recorder, require, quiet, mine: true }));
  return roots;
};
