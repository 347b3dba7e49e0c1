// node:test. The runner works on the whole process (exit code, uncaught errors, standard output), so it is the program's: id 0 has it when it holds stdout and
// process "exit", other packages by `builtins`. What loads modules, starts processes or replaces everybody's timers is not offered; snapshots are read
// as the program reads files.

const { check, denied, may, named } = use('deny');
const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;

const unsupported = (what, why) => { throw Object.assign(new Error(`npsx: ${what} is not offered to a confined application: ${why}`), { code: 'ERR_FEATURE_UNAVAILABLE_ON_PLATFORM' }); };

const tameMocks = () => {
  const { prototype } = host.internal('internal/test_runner/mock/mock').MockTracker;
  defineProperty(prototype, 'module', { value: named(() => unsupported('mock.module()', 'it replaces modules for everybody'), 'module', 1), writable: true, configurable: true });
  defineProperty(prototype, 'timers', { get: named(() => unsupported('mock.timers', 'it replaces timers for everybody'), 'get timers'), configurable: true });
  use('seal').prototype(prototype);
};

const tameSnapshots = (c) => {
  const { prototype } = host.internal('internal/test_runner/snapshot').SnapshotManager;
  const { resolveSnapshotFile } = prototype;
  prototype.resolveSnapshotFile = function (entry) {
    const file = apply(resolveSnapshotFile, this, [entry]);
    check(c, 'fs.read', `${file.snapshotFile}`);
    return file;
  };
  prototype.createFileAssert = function () {
    const { strictEqual } = host.real('assert');
    return (actual, path, options = {}) => {
      const value = this.serializeWithoutEscape(actual, options.serializers);
      strictEqual(value, use('builtins').get(c, 'fs').readFileSync(`${path}`, 'utf8'));
    };
  };
};

// The objects that tests are given are of classes that nobody exports.
const sealContexts = () => {
  const { Test, Suite } = host.internal('internal/test_runner/test');
  const onFirst = (home, key, contextOf) => {
    const real = home[key];
    let done = false;
    defineProperty(home, key, { value: named(function () {
      const made = apply(real, this, []);
      if (!done) { done = true; use('seal').prototype(getPrototypeOf(contextOf(made))); }
      return made;
    }, key), writable: true, configurable: true });
  };
  onFirst(Test.prototype, 'getCtx', (ctx) => ctx);
  onFirst(Suite.prototype, 'getRunArgs', ({ ctx }) => ctx);
};

let tamed = false;
const tame = (c, real) => {
  if (tamed) return;
  tamed = true;
  tameMocks();
  tameSnapshots(c);
  sealContexts();
  defineProperty(real, 'run', { value: named(() => unsupported('run()', 'it starts programs of its own'), 'run', 0), writable: true, enumerable: true, configurable: true });
  for (const key of Object.keys(real)) {
    const { value } = getOwnPropertyDescriptor(real, key);
    if (typeof value === 'function') { for (const inner of Object.keys(value)) if (value !== real && typeof value[inner] === 'function') Object.freeze(value[inner]); Object.freeze(value); }
  }
  Object.freeze(real);
};

const refusing = (c) => {
  const need = () => { check(c, 'stdio', 'stdout'); check(c, 'process', 'exit'); throw denied(c, 'builtins', 'node:test'); };
  const own = named(need, 'test');
  for (const name of ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach', 'run', 'getTestContext', 'skip', 'todo', 'only', 'expectFailure']) own[name] = named(() => need(), name);
  return own;
};

const made = new WeakMap();
const build = (c) => {
  if (c.id !== 0) return use('facade/stub').make(c, 'test', () => host.real('node:test'));
  if (!may(c, 'stdio', 'stdout') || !may(c, 'process', 'exit')) return refusing(c);
  const real = host.real('node:test');
  tame(c, real);
  return real;
};
exports.make = (c) => {
  let own = made.get(c);
  if (own === undefined) made.set(c, own = build(c));
  return own;
};
