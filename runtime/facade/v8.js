// v8: turning values into bytes and back is pure. How full the heap is, is `system` memory; flags, snapshots, profiles and hooks see or change everything.

const { check, denied, named } = use('deny');
const { apply, construct, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;

const PURE = ['serialize', 'deserialize', 'Serializer', 'DefaultSerializer', 'cachedDataVersionTag', 'isStringOneByteRepresentation'];
const MEMORY = ['getHeapStatistics', 'getHeapSpaceStatistics', 'getHeapCodeStatistics', 'getCppHeapStatistics'];
const WHOLE = ['getHeapSnapshot', 'setFlagsFromString', 'takeCoverage', 'stopCoverage', 'writeHeapSnapshot', 'queryObjects', 'setHeapSnapshotNearHeapLimit',
  'setHeapProfileNearHeapLimit', 'GCProfiler', 'startCpuProfile', 'startHeapProfile'];

// Node's deserializers keep the address of the bytes that they were given. Detached or shrunk afterwards, these are other people's memory: so they get a
// copy, which nobody else can reach.
const getter = (prototype, key) => getOwnPropertyDescriptor(prototype, key).get;
const VIEW = ['buffer', 'byteOffset', 'byteLength'];
const ofTyped = VIEW.map((key) => getter(getPrototypeOf(Uint8Array.prototype), key));
const ofData = VIEW.map((key) => getter(DataView.prototype, key));
const copyOf = (view) => {
  if (!ArrayBuffer.isView(view)) return view;           // Node's own error
  const parts = host.real('util').types.isDataView(view) ? ofData : ofTyped;
  const [buffer, offset, length] = parts.map((get) => apply(get, view, []));
  return new Uint8Array(new Uint8Array(buffer, offset, length));
};
// Not by extending: a class leads to what it extends.
const bytesOf = new WeakMap();
const copying = (Real, name) => {
  const Own = named(function (view) {
    if (new.target === undefined) throw new TypeError(`Class constructor ${name} cannot be invoked without 'new'`);
    const bytes = copyOf(view);
    const made = construct(Real, [bytes], new.target);
    bytesOf.set(made, bytes);
    defineProperty(made, 'buffer', { value: view, writable: true, enumerable: true, configurable: true });
    return made;
  }, name, 1);
  defineProperty(Own, 'prototype', { value: Real.prototype, writable: false });
  return Object.freeze(Own);
};
let deserializers;

exports.make = (c) => {
  use('seal').builtin('v8');
  const real = host.real('v8');
  deserializers ??= Object.fromEntries(['Deserializer', 'DefaultDeserializer'].map((name) => [name, copying(real[name], name)]));
  const own = { ...deserializers };
  for (const name of PURE) own[name] = real[name];
  for (const name of MEMORY) own[name] = named((...args) => { check(c, 'system', 'memory'); return real[name](...args); }, name, real[name].length);
  const refuse = (name, home) => named(function (...args) {
    if (host.plan.mode !== 'learn') throw denied(c, 'builtins', 'node:v8');
    check(c, 'builtins', 'node:v8');
    return new.target === undefined ? Reflect.apply(home[name], home, args) : Reflect.construct(home[name], args);
  }, name);
  for (const name of WHOLE) own[name] = refuse(name, real);
  for (const part of ['promiseHooks', 'startupSnapshot']) {
    own[part] = {};
    for (const name of Object.keys(real[part])) own[part][name] = refuse(name, real[part]);
  }
  own.startupSnapshot.isBuildingSnapshot = () => false;
  return own;
};
