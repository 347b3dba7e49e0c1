// v8: turning values into bytes and back is pure. How full the heap is, is `system` memory; flags, snapshots, profiles and hooks see or change everything.

const { check, denied, named } = use('deny');

const PURE = ['serialize', 'deserialize', 'Serializer', 'Deserializer', 'DefaultSerializer', 'DefaultDeserializer', 'cachedDataVersionTag', 'isStringOneByteRepresentation'];
const MEMORY = ['getHeapStatistics', 'getHeapSpaceStatistics', 'getHeapCodeStatistics', 'getCppHeapStatistics'];
const WHOLE = ['getHeapSnapshot', 'setFlagsFromString', 'takeCoverage', 'stopCoverage', 'writeHeapSnapshot', 'queryObjects', 'setHeapSnapshotNearHeapLimit',
  'setHeapProfileNearHeapLimit', 'GCProfiler', 'startCpuProfile', 'startHeapProfile'];

exports.make = (c) => {
  use('seal').builtin('v8');
  const real = host.real('v8');
  const own = {};
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
